// A process that opens the embedded database, commits, says so and waits to be killed.
import { openEmbedded } from '../../server/src/db/embedded.ts';

const db = await openEmbedded(process.argv[2] ?? '');
await db.script('create table survivors (id integer); insert into survivors values (7)');
process.send?.('committed');
