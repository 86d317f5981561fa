"""Tests of emovec.report and of the scoreboard."""
