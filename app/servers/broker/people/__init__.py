"""Who asks: static bearer tokens and tokens of an OpenID provider, and the policy each person is under."""
