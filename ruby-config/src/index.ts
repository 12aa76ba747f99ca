export const name = 'ruby-config';
