"""Sample projects, not tests of ours: they are loaded by other tests, which run their suites too."""

collect_ignore_glob = ["*"]
