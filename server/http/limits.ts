// Owns the limits of the HTTP side.

/** Longest CPU or allocation profile: profiling slows the process, so a forgotten request must end. */
export const PROFILE_SECONDS_MAX = 300;

/** Length of a profile when the request does not say. Go takes 30 s of CPU. */
export const PROFILE_SECONDS_DEFAULT = 30;

/** Average bytes between two samples of an allocation profile. The inspector's default, cheap enough to leave on. */
export const HEAP_SAMPLE_BYTES = 32_768;
