// Holds the precompiled header of the unit tests (pch.h); a library needs one source.
