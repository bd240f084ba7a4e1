/** It is not done, for a reason that a person must look at. */
export class Refused extends Error {}
