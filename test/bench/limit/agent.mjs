/**
 * The least that an agent can be: DEALER with CURVE and SUB, and a message each ten seconds. Plain JavaScript, for
 * what drops types would be in its memory. Arguments: command address, the server's CURVE key, broadcast address.
 */
import { setInterval } from 'node:timers';
import { Dealer, Subscriber, curveKeyPair } from 'zeromq';

const [command = '', curveServerKey = '', broadcast = ''] = process.argv.slice(2);
const { publicKey, secretKey } = curveKeyPair();
const dealer = new Dealer({
  linger: 0,
  curveServerKey,
  curvePublicKey: publicKey,
  curveSecretKey: secretKey,
});
const subscriber = new Subscriber({ linger: 0 });
subscriber.subscribe();
dealer.connect(command);
subscriber.connect(broadcast);

async function listen(socket) {
  for await (const [header] of socket) if (header === undefined) return;
}

void listen(dealer);
void listen(subscriber);
await dealer.send(['header', 'body']);
setInterval(() => void dealer.send(['header', 'body']), 10_000);
