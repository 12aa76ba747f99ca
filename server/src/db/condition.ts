/**
 * SQLSTATE classes and codes that speak of the server's condition, not of the statement: the same one succeeds when
 * somebody has seen to it. 25006: a standby that only reads; 28: a password or a rule of access was changed; 40: two
 * transactions in each other's way; 42501: a right was taken away; 53: no disk, memory or connection is left.
 */
const CONDITION = /^(?:08|25006|25P03|28|40|42501|53|55P03|57014|57P|58)/;

/** Whether an error with this SQLSTATE may go away by itself or by somebody's hand. */
export function isCondition(sqlState: string): boolean {
  return CONDITION.test(sqlState);
}
