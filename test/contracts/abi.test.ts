import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Abi, keccak256, toEventSelector, toFunctionSelector, toHex } from 'viem'
import { type DevnetContract, readArtifact } from '../../apps/devnet/src/chain/index.ts'

// Golden constants of the Gateway contracts and host ACL at protocol v0.11: nothing here is computed by the code under test.

/** topic0 and number of indexed arguments. */
const EVENTS: Readonly<Record<string, readonly [DevnetContract, string, number]>> = {
  PublicDecryptionRequest: ['Decryption', '0x22db480a39bd72556438aadb4a32a3d2a6638b87c03bbec5fef6997e109587ff', 1],
  UserDecryptionRequest: ['Decryption', '0xf9011bd6ba0da6049c520d70fe5971f17ed7ab795486052544b51019896c596b', 1],
  PublicDecryptionResponseCall: ['Decryption', '0x4d7b1dba49e9e846215e1621f5737c81d8614c4f268494d8b787632c4e59f0e5', 1],
  PublicDecryptionResponse: ['Decryption', '0xd7e58a367a0a6c298e76ad5d240004e327aa1423cbe4bd7ff85d4c715ef8d15f', 1],
  UserDecryptionResponse: ['Decryption', '0x7fcdfb5381917f554a717d0a5470a33f5a49ba6445f05ec43c74c0bc2cc608b2', 1],
  UserDecryptionResponseThresholdReached: [
    'Decryption',
    '0xe89752be0ecdb68b2a6eb5ef1a891039e0e92ae3c8a62274c5881e48eea1ed25',
    1,
  ],
  PrepKeygenRequest: ['KMSGeneration', '0x02024007d96574dbc9d11328bfee9893e7c7bb4ef4aa806df33bfdf454eb5e60', 0],
  KeygenRequest: ['KMSGeneration', '0x78b179176d1f19d7c28e80823deba2624da2ca2ec64b1701f3632a87c9aedc92', 0],
  CrsgenRequest: ['KMSGeneration', '0x3f038f6f88cb3031b7718588403a2ec220576a868be07dde4c02b846ca352ef5', 0],
  PRSSInit: ['KMSGeneration', '0x11db42c1878f2e2819241f5250984563f06cf22818e7adb86a66921d15d59d3f', 0],
  KeyReshareSameSet: ['KMSGeneration', '0x1ccb5545c4c8db50a0f5b416499526929f68534ed47f6cfd4c9f069075e60b45', 0],
  PrepKeygenResponse: ['KMSGeneration', '0x4c715c5734ce5c18c9c12e8496e53d2a65f1ec381d476957f0f596b364a59b0c', 0],
  KeygenResponse: ['KMSGeneration', '0x2afe64fb3afde8e2678aea84cf36223f330e2fb1286d37aed573ab9cd1db47c7', 0],
  ActivateKey: ['KMSGeneration', '0xeb85c26dbcad46b80a68a0f24cce7c2c90f0a1faded84184138839fc9e80a25b', 0],
  CrsgenResponse: ['KMSGeneration', '0x7bf1b42c10e9497c879620c5b7afced10bda17d8c90b22f0e3bc6b2fd6ced0bd', 0],
  ActivateCrs: ['KMSGeneration', '0x2258b73faed33fb2e2ea454403bef974920caf682ab3a723484fcf67553b16a2', 0],
  UpdateCoprocessors: ['GatewayConfig', '0xffe20bdb855e514e94147702922690cf1da10bdd18bf1f6215027c93ac05d455', 0],
  UpdateKmsNodes: ['GatewayConfig', '0x25d1ea647128b56d47e64534cd0f5a86d3207f67b04895495b66dc0db87a0ca7', 0],
}

const FUNCTIONS: Readonly<Record<DevnetContract, Readonly<Record<string, string>>>> = {
  Decryption: {
    publicDecryptionRequest: '0xd8998f45',
    userDecryptionRequest: '0xf1b57adb',
    delegatedUserDecryptionRequest: '0x9fad5a2f',
    publicDecryptionResponse: '0x6f8913bc',
    userDecryptionResponse: '0x046f9eb3',
    isDecryptionDone: '0x58f5b8ab',
    getDecryptionConsensusTxSenders: '0x0900cc69',
    eip712Domain: '0x84b0196e',
  },
  KMSGeneration: {
    keygen: '0xcaa367db',
    crsgenRequest: '0x3c02f834',
    prssInit: '0x7514a2ac',
    keyReshareSameSet: '0xd65d8373',
    prepKeygenResponse: '0x589adb0e',
    keygenResponse: '0x4610ffe8',
    crsgenResponse: '0x62978787',
    getActiveKeyId: '0xd52f10eb',
    getActiveCrsId: '0xbaff211e',
    getConsensusTxSenders: '0x16c713d9',
    eip712Domain: '0x84b0196e',
  },
  GatewayConfig: {
    getCoprocessor: '0xef6997f9',
    getKmsNode: '0xe3b2a874',
    isKmsTxSender: '0xe5275eaf',
    isKmsSigner: '0x203d0114',
    getPublicDecryptionThreshold: '0x2a388998',
    getUserDecryptionThreshold: '0xc2b42986',
    getKmsGenThreshold: '0xb4722bc4',
    getMpcThreshold: '0x26cf5def',
    getKmsTxSenders: '0x7420f3d4',
    getKmsSigners: '0x7eaac8f2',
    getCoprocessorTxSenders: '0x1ea5bd42',
    getCoprocessorSigners: '0x9164d0ae',
    getCoprocessorMajorityThreshold: '0x6799ef52',
    getHostChains: '0x2585bb65',
  },
  CiphertextCommits: { getSnsCiphertextMaterials: '0xa14f8971', isCiphertextMaterialAdded: '0x2ddc9a6f' },
  ACL: {
    isAllowedForDecryption: '0xc0d02943',
    isAllowed: '0x82027b6d',
    isHandleDelegatedForUserDecryption: '0xd09c0dee',
  },
  Forwarder: { forward: '0x6fadcf72' },
}

const ERRORS: Readonly<Record<string, readonly [DevnetContract, string]>> = {
  NotKmsTxSender: ['Decryption', '0xaee86323'],
  DecryptionNotRequested: ['Decryption', '0xd48af942'],
  PrepKeygenNotRequested: ['KMSGeneration', '0x0ab7f687'],
  KeygenNotRequested: ['KMSGeneration', '0xadfab904'],
  CrsgenNotRequested: ['KMSGeneration', '0x8d8c940a'],
  EmptyKeyDigests: ['KMSGeneration', '0xe6f9083b'],
  ECDSAInvalidSignatureLength: ['Decryption', '0xfce698f7'],
  ECDSAInvalidSignatureS: ['Decryption', '0xd78bce0c'],
  ECDSAInvalidSignature: ['Decryption', '0xf645eedf'],
  NotKmsSigner: ['Decryption', '0x2a7c6ef6'],
  KmsSignerDoesNotMatchTxSender: ['Decryption', '0x0d86f521'],
  KmsNodeAlreadySigned: ['Decryption', '0x99ec48d9'],
  KmsAlreadySignedForPrepKeygen: ['KMSGeneration', '0x33ca1fe3'],
  KmsAlreadySignedForKeygen: ['KMSGeneration', '0x98fb957d'],
  KmsAlreadySignedForCrsgen: ['KMSGeneration', '0xfcf5a6e9'],
  EnforcedPause: ['Decryption', '0xd93c0665'],
  CiphertextMaterialNotFound: ['CiphertextCommits', '0x0666cbdf'],
  HostChainNotRegistered: ['Decryption', '0xb6679c3b'],
  InvalidUserSignature: ['Decryption', '0x2a873d27'],
  DifferentKeyIdsNotAllowed: ['Decryption', '0xcfae921f'],
  KeygenOngoing: ['KMSGeneration', '0x3b853da8'],
  CrsgenOngoing: ['KMSGeneration', '0x061ac61d'],
  KeyNotGenerated: ['KMSGeneration', '0x84de1331'],
  NotGatewayOwner: ['KMSGeneration', '0x0e56cf3d'],
}

/** Type string, its hash, and the contract whose code must contain the hash. */
const TYPEHASHES: readonly (readonly [DevnetContract, string, string])[] = [
  [
    'Decryption',
    'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
    '0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f',
  ],
  [
    'Decryption',
    'PublicDecryptVerification(bytes32[] ctHandles,bytes decryptedResult,bytes extraData)',
    '0x89bac15e5ba205584832145601e359431e80fb9fb331ba5a22058132d525c794',
  ],
  [
    'Decryption',
    'UserDecryptResponseVerification(bytes publicKey,bytes32[] ctHandles,bytes userDecryptedShare,bytes extraData)',
    '0x2c4b1a55fe4090104eb889f0e48d4cf11c7cc4b95cf47117b9f0008cbcc10f5f',
  ],
  [
    'Decryption',
    'UserDecryptRequestVerification(bytes publicKey,address[] contractAddresses,uint256 startTimestamp,uint256 durationDays,bytes extraData)',
    '0x9bf1f2b06a0ed501e5fa5a12ba3f9fbc1343c988847fb585c29c59ada4b71ab5',
  ],
  [
    'Decryption',
    'DelegatedUserDecryptRequestVerification(bytes publicKey,address[] contractAddresses,address delegatorAddress,uint256 startTimestamp,uint256 durationDays,bytes extraData)',
    '0xc93bc1d3fd0d779bf2a605403200af965b7571bbaf3401ffb5174398fbddac45',
  ],
  [
    'KMSGeneration',
    'PrepKeygenVerification(uint256 prepKeygenId)',
    '0x5f9676496d7809c84f94f0ba86890bd661594fa715e72e57cc327238eb3c5265',
  ],
  [
    'KMSGeneration',
    'KeygenVerification(uint256 prepKeygenId,uint256 keyId,KeyDigest[] keyDigests)KeyDigest(uint8 keyType,bytes digest)',
    '0xa291f9864173cc77db6137c9f5a1d097994dd8ef4d71725f0b12dd94a85dbfb0',
  ],
  [
    'KMSGeneration',
    'KeyDigest(uint8 keyType,bytes digest)',
    '0xddd108772e6a3899feb04d148ae915cbe3eb5ebd202688080399e9921ac3616b',
  ],
  [
    'KMSGeneration',
    'CrsgenVerification(uint256 crsId,uint256 maxBitLength,bytes crsDigest)',
    '0x3778e83715e573b1c60ad238000d5a03bf815d401f31c1de9e6756135b9e5c6a',
  ],
]

function itemOf(contract: DevnetContract, type: Abi[number]['type'], name: string) {
  const items = readArtifact(contract).abi.filter(item => item.type === type && 'name' in item && item.name === name)
  assert.equal(items.length, 1, `${contract} has ${items.length} ${type} ${name}`)
  return items[0]
}

test('the events have the topics and indexed arguments of the protocol', () => {
  for (const [name, [contract, topic, indexed]] of Object.entries(EVENTS)) {
    const item = itemOf(contract, 'event', name)
    assert.ok(item?.type === 'event')
    assert.equal(toEventSelector(item), topic, name)
    assert.equal(item.inputs.filter(input => input.indexed).length, indexed, name)
  }
})

test('the functions have the selectors of the protocol', () => {
  // CAST: the keys of the table are contract names
  for (const contract of Object.keys(FUNCTIONS) as DevnetContract[]) {
    for (const [name, selector] of Object.entries(FUNCTIONS[contract])) {
      const item = itemOf(contract, 'function', name)
      assert.ok(item?.type === 'function')
      assert.equal(toFunctionSelector(item), selector, `${contract}.${name}`)
    }
  }
})

test('the errors have the selectors of the protocol', () => {
  for (const [name, [contract, selector]] of Object.entries(ERRORS)) {
    const item = itemOf(contract, 'error', name)
    assert.ok(item?.type === 'error')
    const signature = `${name}(${item.inputs.map(typeOf).join(',')})`
    assert.equal(keccak256(toHex(signature)).slice(0, 10), selector, signature)
  }
})

test('the contracts contain the type hashes of the protocol', () => {
  for (const [contract, type, hash] of TYPEHASHES) {
    assert.equal(keccak256(toHex(type)), hash, type)
    assert.ok(readArtifact(contract).bytecode.includes(hash.slice(2)), `${contract} does not use ${type}`)
  }
})

interface Parameter {
  readonly type: string
  readonly components?: readonly Parameter[]
}

function typeOf(parameter: Parameter): string {
  if (!parameter.type.startsWith('tuple')) return parameter.type
  return `(${(parameter.components ?? []).map(typeOf).join(',')})${parameter.type.slice('tuple'.length)}`
}
