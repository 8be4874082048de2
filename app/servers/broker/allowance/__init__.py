"""How much: rates, sessions at a time, minutes and money a day, and the leash on running calls."""
