export { canonicalPath } from './canonical.ts';
export { SigningError, type SigningErrorCode } from './errors.ts';
export {
  readSignedHeaders,
  type HeaderRefusal,
  type IncomingHeaders,
  type SignedHeaders,
} from './headers.ts';
export { signRequest, type RequestToSign, type Signer } from './sign.ts';
export { verifyRequest, type ReceivedRequest } from './verify.ts';
export { SIGNATURE_VERSIONS, type SignatureVersion } from './versions.ts';
