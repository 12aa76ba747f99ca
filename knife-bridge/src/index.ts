export const name = 'knife-bridge';
