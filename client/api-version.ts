// Owns the version of the API that servers are told; they count requests by it.

export const API_VERSION = '3.7';
