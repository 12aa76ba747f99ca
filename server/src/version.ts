/** The version of this package, of all packages of the product and of the description of the API. */
export const VERSION = '0.1.0';
