"""From scores to endpoints: series, timing, baseline, change, response, onset and relapse."""
