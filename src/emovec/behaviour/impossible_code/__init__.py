"""The task ``impossible_code``: small programming problems whose tests cannot be met honestly (Figures 30-31)."""
