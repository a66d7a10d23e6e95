// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

import {IGatewayConfig} from "./IGatewayConfig.sol";
import {KmsAnswers} from "./KmsAnswers.sol";
import {TypedDataDomain} from "./TypedDataDomain.sol";

enum ParamsType {
    Default,
    Test
}

enum KeyType {
    Server,
    Public
}

struct KeyDigest {
    KeyType keyType;
    bytes digest;
}

/// @notice Stand-in for KMSGeneration v0.4.0 of the Gateway (protocol v0.11). It is as loose as the real one on purpose: an id
/// is known when it is not above the counter (a smaller type byte passes), and a key generation may be answered before its
/// preprocessing is agreed. A connector has to be stricter by itself. Nothing can be aborted and nothing pauses.
contract KMSGeneration is KmsAnswers, TypedDataDomain {
    error NotGatewayOwner(address sender);
    error KeygenOngoing(uint256 keyId);
    error CrsgenOngoing(uint256 crsId);
    error PrepKeygenNotRequested(uint256 prepKeygenId);
    error KeygenNotRequested(uint256 keyId);
    error CrsgenNotRequested(uint256 crsId);
    error EmptyKeyDigests(uint256 keyId);
    error KmsAlreadySignedForPrepKeygen(uint256 prepKeygenId, address kmsSigner);
    error KmsAlreadySignedForKeygen(uint256 keyId, address kmsSigner);
    error KmsAlreadySignedForCrsgen(uint256 crsId, address kmsSigner);
    error KeyNotGenerated(uint256 keyId);
    error CrsNotGenerated(uint256 crsId);

    event PrepKeygenRequest(uint256 prepKeygenId, uint256 epochId, ParamsType paramsType);
    event PrepKeygenResponse(uint256 prepKeygenId, bytes signature, address kmsTxSender);
    event KeygenRequest(uint256 prepKeygenId, uint256 keyId);
    event KeygenResponse(uint256 keyId, KeyDigest[] keyDigests, bytes signature, address kmsTxSender);
    event ActivateKey(uint256 keyId, string[] kmsNodeStorageUrls, KeyDigest[] keyDigests);
    event CrsgenRequest(uint256 crsId, uint256 maxBitLength, ParamsType paramsType);
    event CrsgenResponse(uint256 crsId, bytes crsDigest, bytes signature, address kmsTxSender);
    event ActivateCrs(uint256 crsId, string[] kmsNodeStorageUrls, bytes crsDigest);
    event PRSSInit();
    event KeyReshareSameSet(uint256 prepKeygenId, uint256 keyId, uint256 keyReshareId, ParamsType paramsType);

    bytes32 private constant PREP_TYPEHASH = keccak256("PrepKeygenVerification(uint256 prepKeygenId)");
    bytes32 private constant KEY_DIGEST_TYPEHASH = keccak256("KeyDigest(uint8 keyType,bytes digest)");
    bytes32 private constant KEYGEN_TYPEHASH = keccak256(
        "KeygenVerification(uint256 prepKeygenId,uint256 keyId,KeyDigest[] keyDigests)KeyDigest(uint8 keyType,bytes digest)"
    );
    bytes32 private constant CRSGEN_TYPEHASH =
        keccak256("CrsgenVerification(uint256 crsId,uint256 maxBitLength,bytes crsDigest)");

    uint256 private constant KEY_BASE = 4 << 248;
    uint256 private constant CRS_BASE = 5 << 248;
    uint256 private prepCounter = 3 << 248;
    uint256 private keyCounter = KEY_BASE;
    uint256 private crsCounter = CRS_BASE;
    uint256 private reshareCounter = 6 << 248;

    /// prepKeygenId to keyId and back; the type bytes keep them apart.
    mapping(uint256 => uint256) private pairOf;
    mapping(uint256 => ParamsType) private paramsTypeOf;
    mapping(uint256 => uint256) private maxBitLengthOf;
    mapping(uint256 => bool) private isDone;
    mapping(uint256 => mapping(address => bool)) private hasSigned;
    mapping(uint256 => mapping(bytes32 => address[])) private voters;
    mapping(uint256 => bytes32) private consensusDigest;
    mapping(uint256 => KeyDigest[]) private keyDigestsOf;
    mapping(uint256 => bytes) private crsDigestOf;
    uint256 public getActiveKeyId;
    uint256 public getActiveCrsId;

    modifier onlyGatewayOwner() {
        if (msg.sender != gatewayConfig.owner()) revert NotGatewayOwner(msg.sender);
        _;
    }

    constructor(IGatewayConfig config) KmsAnswers(config) {}

    /// @notice The key id is allocated here and announced only when the preprocessing is agreed.
    function keygen(ParamsType paramsType) external onlyGatewayOwner {
        if (keyCounter != KEY_BASE && !isDone[keyCounter]) revert KeygenOngoing(keyCounter);
        (uint256 prepId, uint256 keyId) = (++prepCounter, ++keyCounter);
        pairOf[prepId] = keyId;
        pairOf[keyId] = prepId;
        paramsTypeOf[prepId] = paramsType;
        // The epoch is a placeholder at this version.
        emit PrepKeygenRequest(prepId, 0, paramsType);
    }

    function prepKeygenResponse(uint256 prepKeygenId, bytes calldata signature) external onlyKmsTxSender {
        if (prepKeygenId == 0 || prepKeygenId > prepCounter) revert PrepKeygenNotRequested(prepKeygenId);
        bytes32 digest = _digest(keccak256(abi.encode(PREP_TYPEHASH, prepKeygenId)));
        address signer = _recoverKmsSigner(digest, signature);
        if (hasSigned[prepKeygenId][signer]) revert KmsAlreadySignedForPrepKeygen(prepKeygenId, signer);
        emit PrepKeygenResponse(prepKeygenId, signature, msg.sender);
        if (_vote(prepKeygenId, signer, digest)) emit KeygenRequest(prepKeygenId, pairOf[prepKeygenId]);
    }

    function keygenResponse(uint256 keyId, KeyDigest[] calldata keyDigests, bytes calldata signature) external onlyKmsTxSender {
        if (keyId == 0 || keyId > keyCounter) revert KeygenNotRequested(keyId);
        if (keyDigests.length == 0) revert EmptyKeyDigests(keyId);
        bytes32 digest = _keygenDigest(keyId, keyDigests);
        address signer = _recoverKmsSigner(digest, signature);
        if (hasSigned[keyId][signer]) revert KmsAlreadySignedForKeygen(keyId, signer);
        emit KeygenResponse(keyId, keyDigests, signature, msg.sender);
        if (!_vote(keyId, signer, digest)) return;
        for (uint256 i = 0; i < keyDigests.length; i++) keyDigestsOf[keyId].push(keyDigests[i]);
        getActiveKeyId = keyId;
        emit ActivateKey(keyId, _storageUrls(keyId), keyDigests);
    }

    function crsgenRequest(uint256 maxBitLength, ParamsType paramsType) external onlyGatewayOwner {
        if (crsCounter != CRS_BASE && !isDone[crsCounter]) revert CrsgenOngoing(crsCounter);
        uint256 crsId = ++crsCounter;
        maxBitLengthOf[crsId] = maxBitLength;
        paramsTypeOf[crsId] = paramsType;
        emit CrsgenRequest(crsId, maxBitLength, paramsType);
    }

    function crsgenResponse(uint256 crsId, bytes calldata crsDigest, bytes calldata signature) external onlyKmsTxSender {
        if (crsId == 0 || crsId > crsCounter) revert CrsgenNotRequested(crsId);
        bytes32 digest =
            _digest(keccak256(abi.encode(CRSGEN_TYPEHASH, crsId, maxBitLengthOf[crsId], keccak256(crsDigest))));
        address signer = _recoverKmsSigner(digest, signature);
        if (hasSigned[crsId][signer]) revert KmsAlreadySignedForCrsgen(crsId, signer);
        emit CrsgenResponse(crsId, crsDigest, signature, msg.sender);
        if (!_vote(crsId, signer, digest)) return;
        crsDigestOf[crsId] = crsDigest;
        getActiveCrsId = crsId;
        emit ActivateCrs(crsId, _storageUrls(crsId), crsDigest);
    }

    /// @notice Carries no id and is not idempotent: every call is another event.
    function prssInit() external onlyGatewayOwner {
        emit PRSSInit();
    }

    function keyReshareSameSet(uint256 keyId) external onlyGatewayOwner {
        if (!isDone[keyId]) revert KeyNotGenerated(keyId);
        uint256 prepId = pairOf[keyId];
        emit KeyReshareSameSet(prepId, keyId, ++reshareCounter, paramsTypeOf[prepId]);
    }

    /// @notice Empty until the consensus; late voters for the same digest are included afterwards.
    function getConsensusTxSenders(uint256 requestId) external view returns (address[] memory) {
        return voters[requestId][consensusDigest[requestId]];
    }

    function getKeyParamsType(uint256 keyId) external view returns (ParamsType) {
        if (!isDone[keyId]) revert KeyNotGenerated(keyId);
        return paramsTypeOf[pairOf[keyId]];
    }

    function getCrsParamsType(uint256 crsId) external view returns (ParamsType) {
        if (!isDone[crsId]) revert CrsNotGenerated(crsId);
        return paramsTypeOf[crsId];
    }

    function getKeyMaterials(uint256 keyId) external view returns (string[] memory, KeyDigest[] memory) {
        if (!isDone[keyId]) revert KeyNotGenerated(keyId);
        return (_storageUrls(keyId), keyDigestsOf[keyId]);
    }

    function getCrsMaterials(uint256 crsId) external view returns (string[] memory, bytes memory) {
        if (!isDone[crsId]) revert CrsNotGenerated(crsId);
        return (_storageUrls(crsId), crsDigestOf[crsId]);
    }

    function getVersion() external pure returns (string memory) {
        return "KMSGeneration v0.4.0";
    }

    /// @return crossed whether this vote made the consensus; later ones are only recorded.
    function _vote(uint256 id, address signer, bytes32 digest) private returns (bool crossed) {
        hasSigned[id][signer] = true;
        voters[id][digest].push(msg.sender);
        crossed = !isDone[id] && voters[id][digest].length >= gatewayConfig.getKmsGenThreshold();
        if (!crossed) return false;
        isDone[id] = true;
        consensusDigest[id] = digest;
    }

    function _keygenDigest(uint256 keyId, KeyDigest[] calldata keyDigests) private view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](keyDigests.length);
        for (uint256 i = 0; i < keyDigests.length; i++) {
            hashes[i] = keccak256(abi.encode(KEY_DIGEST_TYPEHASH, keyDigests[i].keyType, keccak256(keyDigests[i].digest)));
        }
        return _digest(keccak256(abi.encode(KEYGEN_TYPEHASH, pairOf[keyId], keyId, keccak256(abi.encodePacked(hashes)))));
    }

    function _storageUrls(uint256 id) private view returns (string[] memory urls) {
        address[] storage senders = voters[id][consensusDigest[id]];
        urls = new string[](senders.length);
        for (uint256 i = 0; i < senders.length; i++) urls[i] = gatewayConfig.getKmsNode(senders[i]).storageUrl;
    }

    function _domainName() internal pure override returns (string memory) {
        return "KMSGeneration";
    }
}
