"""What must not run in the server's own process: a recogniser that holds the interpreter's lock, a GPL voice."""
