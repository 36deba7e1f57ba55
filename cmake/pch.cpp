// Holds the precompiled header (pch.h); a library needs one source.
