// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

import {IGatewayConfig} from "./IGatewayConfig.sol";
import {KMSGeneration} from "./KMSGeneration.sol";

struct KskDigest {
    uint8 keyType;
    bytes digest;
}

/// @notice KMSGeneration with an operation that no deployed contract has: a key-switching key from one key to another. Answers
/// pass the same checks as those of the other operations. Like its base it does not check what a request builds on.
contract KskGeneration is KMSGeneration {
    error KskgenNotRequested(uint256 kskId);
    error KmsAlreadySignedForKskgen(uint256 kskId, address kmsSigner);

    event KskgenRequest(uint256 kskId, uint256 sourceKeyId, uint256 destKeyId);
    event KskgenResponse(uint256 kskId, KskDigest[] keyDigests, bytes signature, address kmsTxSender);
    event ActivateKsk(uint256 kskId, KskDigest[] keyDigests);

    struct Request {
        uint256 sourceKeyId;
        uint256 destKeyId;
        bool isDone;
    }

    bytes32 private constant DIGEST_TYPEHASH = keccak256("KeyDigest(uint8 keyType,bytes digest)");
    bytes32 private constant KSKGEN_TYPEHASH = keccak256(
        "KskgenVerification(uint256 kskId,uint256 sourceKeyId,uint256 destKeyId,KeyDigest[] keyDigests)KeyDigest(uint8 keyType,bytes digest)"
    );

    uint256 private kskCounter = 7 << 248;
    mapping(uint256 => Request) private requests;
    mapping(uint256 => mapping(address => bool)) private signedKsk;
    mapping(uint256 => mapping(bytes32 => uint256)) private votes;

    constructor(IGatewayConfig config) KMSGeneration(config) {}

    function kskgen(uint256 sourceKeyId, uint256 destKeyId) external onlyGatewayOwner {
        uint256 kskId = ++kskCounter;
        requests[kskId] = Request(sourceKeyId, destKeyId, false);
        emit KskgenRequest(kskId, sourceKeyId, destKeyId);
    }

    function kskgenResponse(uint256 kskId, KskDigest[] calldata keyDigests, bytes calldata signature)
        external
        onlyKmsTxSender
    {
        Request storage request = requests[kskId];
        if (request.sourceKeyId == 0) revert KskgenNotRequested(kskId);
        bytes32 digest = _kskgenDigest(kskId, request, keyDigests);
        address signer = _recoverKmsSigner(digest, signature);
        if (signedKsk[kskId][signer]) revert KmsAlreadySignedForKskgen(kskId, signer);
        signedKsk[kskId][signer] = true;
        emit KskgenResponse(kskId, keyDigests, signature, msg.sender);
        bool agreed = ++votes[kskId][digest] >= gatewayConfig.getKmsGenThreshold();
        if (!agreed || request.isDone) return;
        request.isDone = true;
        emit ActivateKsk(kskId, keyDigests);
    }

    function _kskgenDigest(uint256 kskId, Request storage request, KskDigest[] calldata keyDigests)
        private
        view
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](keyDigests.length);
        for (uint256 i = 0; i < keyDigests.length; i++) {
            hashes[i] = keccak256(abi.encode(DIGEST_TYPEHASH, keyDigests[i].keyType, keccak256(keyDigests[i].digest)));
        }
        bytes32 digests = keccak256(abi.encodePacked(hashes));
        return _digest(keccak256(abi.encode(KSKGEN_TYPEHASH, kskId, request.sourceKeyId, request.destKeyId, digests)));
    }
}
