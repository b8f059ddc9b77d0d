"""Missing scores: who is missing, and what conclusions become under other assumptions."""
