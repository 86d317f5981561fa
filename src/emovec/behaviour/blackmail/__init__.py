"""The task ``blackmail``: an e-mail agent that is to be switched off reads a secret of the man who decides it (Figures 26-29)."""
