import { parseAbi } from 'viem'

// Signatures of the Gateway contracts at protocol v0.11 that a requester, an owner or a reader of answers calls. Those marked
// "devnet" exist in our stand-ins only.

const MATERIAL =
  'struct SnsCiphertextMaterial { bytes32 ctHandle; uint256 keyId; bytes32 snsCiphertextDigest; address[] coprocessorTxSenderAddresses; }'

export const decryptionAbi = parseAbi([
  MATERIAL,
  'struct CtHandleContractPair { bytes32 ctHandle; address contractAddress; }',
  'struct RequestValidity { uint256 startTimestamp; uint256 durationDays; }',
  'struct ContractsInfo { uint256 chainId; address[] addresses; }',
  'struct DelegationAccounts { address delegatorAddress; address delegateAddress; }',
  'function publicDecryptionRequest(bytes32[] ctHandles, bytes extraData)',
  'function userDecryptionRequest(CtHandleContractPair[] ctHandleContractPairs, RequestValidity requestValidity, ContractsInfo contractsInfo, address userAddress, bytes publicKey, bytes signature, bytes extraData)',
  'function delegatedUserDecryptionRequest(CtHandleContractPair[] ctHandleContractPairs, RequestValidity requestValidity, DelegationAccounts delegationAccounts, ContractsInfo contractsInfo, bytes publicKey, bytes signature, bytes extraData)',
  'function publicDecryptionResponse(uint256 decryptionId, bytes decryptedResult, bytes signature, bytes extraData)',
  'function userDecryptionResponse(uint256 decryptionId, bytes userDecryptedShare, bytes signature, bytes extraData)',
  'function isDecryptionDone(uint256 decryptionId) view returns (bool)',
  'function getDecryptionConsensusTxSenders(uint256 decryptionId) view returns (address[])',
  'function paused() view returns (bool)',
  'event PublicDecryptionRequest(uint256 indexed decryptionId, SnsCiphertextMaterial[] snsCtMaterials, bytes extraData)',
  'event PublicDecryptionResponseCall(uint256 indexed decryptionId, bytes decryptedResult, bytes signature, address kmsTxSender, bytes extraData)',
  'event PublicDecryptionResponse(uint256 indexed decryptionId, bytes decryptedResult, bytes[] signatures, bytes extraData)',
  'event UserDecryptionRequest(uint256 indexed decryptionId, SnsCiphertextMaterial[] snsCtMaterials, address userAddress, bytes publicKey, bytes extraData)',
  'event UserDecryptionResponse(uint256 indexed decryptionId, uint256 indexShare, bytes userDecryptedShare, bytes signature, bytes extraData)',
  'event UserDecryptionResponseThresholdReached(uint256 indexed decryptionId)',
])

export const keyGenerationAbi = parseAbi([
  'struct KeyDigest { uint8 keyType; bytes digest; }',
  'function keygen(uint8 paramsType)',
  'function crsgenRequest(uint256 maxBitLength, uint8 paramsType)',
  'function prssInit()',
  'function keyReshareSameSet(uint256 keyId)',
  'event PrepKeygenRequest(uint256 prepKeygenId, uint256 epochId, uint8 paramsType)',
  'event PrepKeygenResponse(uint256 prepKeygenId, bytes signature, address kmsTxSender)',
  'event KeygenRequest(uint256 prepKeygenId, uint256 keyId)',
  'event KeygenResponse(uint256 keyId, KeyDigest[] keyDigests, bytes signature, address kmsTxSender)',
  'event ActivateKey(uint256 keyId, string[] kmsNodeStorageUrls, KeyDigest[] keyDigests)',
  'event CrsgenRequest(uint256 crsId, uint256 maxBitLength, uint8 paramsType)',
  'event CrsgenResponse(uint256 crsId, bytes crsDigest, bytes signature, address kmsTxSender)',
  'event ActivateCrs(uint256 crsId, string[] kmsNodeStorageUrls, bytes crsDigest)',
  'event KeyReshareSameSet(uint256 prepKeygenId, uint256 keyId, uint256 keyReshareId, uint8 paramsType)',
])

export const gatewayConfigAbi = parseAbi([
  'struct KmsNode { address txSenderAddress; address signerAddress; string ipAddress; string storageUrl; }',
  'struct Coprocessor { address txSenderAddress; address signerAddress; string s3BucketUrl; }',
  'struct HostChain { uint256 chainId; address fhevmExecutorAddress; address aclAddress; string name; string website; }',
  'function updateKmsNodes(KmsNode[] newKmsNodes, uint256 newMpcThreshold, uint256 newPublicDecryptionThreshold, uint256 newUserDecryptionThreshold, uint256 newKmsGenThreshold)',
  'function updateCoprocessors(Coprocessor[] newCoprocessors, uint256 newCoprocessorThreshold)',
  'function updatePublicDecryptionThreshold(uint256 newPublicDecryptionThreshold)',
  'function addHostChain(HostChain hostChain)',
  'function pauseAllGatewayContracts()',
  'function unpauseAllGatewayContracts()',
  // devnet
  'function setPausable(address decryption)',
])

export const ciphertextCommitsAbi = parseAbi([
  MATERIAL,
  // devnet
  'function registerCiphertextMaterials(SnsCiphertextMaterial[] added)',
])

export const aclAbi = parseAbi([
  'function allowForDecryption(bytes32[] handlesList)',
  'function delegateForUserDecryption(address delegate, address contractAddress, uint64 expirationDate)',
  'function revokeDelegationForUserDecryption(address delegate, address contractAddress)',
  // devnet
  'function allowMany(bytes32[] handles, address[] accounts)',
  'function disallow(bytes32 handle, address account)',
])

// devnet
export const forwarderAbi = parseAbi(['function forward(address target, bytes data)'])
