"""How the window is dressed: colours, icons, motion."""
