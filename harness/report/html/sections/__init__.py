"""The sections of a report: the folder listing is the registry, ``ORDER`` says what comes first."""
