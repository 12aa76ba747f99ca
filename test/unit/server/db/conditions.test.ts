import assert from 'node:assert/strict';
import { ask, onEmptyEngines } from '../../../helpers/engines.ts';

/** What speaks of the server and not of the statement: the same call succeeds when somebody has seen to it. */
const CONDITIONS = {
  '53100': 'the disk is full',
  '53200': 'no memory is left',
  '25006': 'the server is a standby that only reads',
  '28P01': 'the password was changed',
  '42501': 'a right was taken away',
  '40P01': 'a deadlock was broken up',
  '58030': 'the disk fails',
};
const REFUSALS = { '23505': 'a key is there twice', '22P05': 'a text cannot be stored' };

onEmptyEngines('Decision 2: an error of the database', (db) => {
  const raise = (code: string): string =>
    `do $$ begin raise exception 'on purpose' using errcode = '${code}'; end $$`;

  for (const [code, why] of Object.entries(CONDITIONS)) {
    it(`is no refusal of what was to be saved where ${why} (${code})`, async () => {
      await assert.rejects(ask(db(), raise(code)), { code: 'unavailable' });
      await assert.rejects(
        db().tx((tx) => tx.script(raise(code))),
        { code: 'unavailable' },
      );
    });
  }

  for (const [code, why] of Object.entries(REFUSALS)) {
    it(`is a refusal where ${why} (${code})`, async () => {
      await assert.rejects(ask(db(), raise(code)), { code: 'failed' });
    });
  }
});
