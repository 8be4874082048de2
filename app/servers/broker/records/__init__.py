"""What is written down: the log, the audit trail and the metrics. Never a secret, never what was said."""
