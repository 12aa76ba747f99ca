// The limit program of the API: one bare route.
import Fastify from 'fastify';
import { serve } from '../worker.ts';

const app = Fastify();
app.get('/bare', () => ({ node_name: 'node-00000', availability: 'available' }));

serve({
  open: async () => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  },
});
