import {
  CallAndWriteNode,
  CallOperatorWriteNode,
  CallOrWriteNode,
  ConstantAndWriteNode,
  ConstantOperatorWriteNode,
  ConstantOrWriteNode,
  ConstantWriteNode,
  IndexAndWriteNode,
  IndexOperatorWriteNode,
  IndexOrWriteNode,
  LocalVariableAndWriteNode,
  LocalVariableOperatorWriteNode,
  LocalVariableOrWriteNode,
  LocalVariableWriteNode,
  type Node,
} from '@ruby/prism/src/nodes.js';

/** `x = 1`, `x ||= 1`, `x &&= 1`, `x += 1`. */
export function isLocalWrite(node: Node) {
  return (
    node instanceof LocalVariableWriteNode ||
    node instanceof LocalVariableOrWriteNode ||
    node instanceof LocalVariableAndWriteNode ||
    node instanceof LocalVariableOperatorWriteNode
  );
}

/** `X = 1` and its kin. */
export function isConstantWrite(node: Node) {
  return (
    node instanceof ConstantWriteNode ||
    node instanceof ConstantOrWriteNode ||
    node instanceof ConstantAndWriteNode ||
    node instanceof ConstantOperatorWriteNode
  );
}

/** `x['k'] ||= 1` and its kin; plain `x['k'] = 1` is a call. */
export function isIndexWrite(node: Node) {
  return (
    node instanceof IndexOrWriteNode ||
    node instanceof IndexAndWriteNode ||
    node instanceof IndexOperatorWriteNode
  );
}

/** `x.k ||= 1` and its kin; plain `x.k = 1` is a call. */
export function isAttributeWrite(node: Node) {
  return (
    node instanceof CallOrWriteNode ||
    node instanceof CallAndWriteNode ||
    node instanceof CallOperatorWriteNode
  );
}
