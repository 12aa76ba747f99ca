export const name = 'mixlib-authentication-ts';
