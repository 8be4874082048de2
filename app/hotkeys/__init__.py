"""The talk key that works while another window has the focus: one back end for each kind of desktop."""
