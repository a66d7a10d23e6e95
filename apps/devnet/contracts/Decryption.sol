// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

import {DecryptionRequests} from "./DecryptionRequests.sol";
import {ICiphertextCommits} from "./ICiphertextCommits.sol";
import {IGatewayConfig} from "./IGatewayConfig.sol";
import {KmsAnswers} from "./KmsAnswers.sol";

/// @notice Stand-in for Decryption v0.3.0 of the Gateway (protocol v0.11): the answers. One vote per node and request; a
/// wrong vote is spent. An answer after the consensus is recorded and does not revert. Nothing expires.
contract Decryption is DecryptionRequests, KmsAnswers {
    error DecryptionNotRequested(uint256 decryptionId);
    error KmsNodeAlreadySigned(uint256 decryptionId, address signer);

    event PublicDecryptionResponseCall(
        uint256 indexed decryptionId,
        bytes decryptedResult,
        bytes signature,
        address kmsTxSender,
        bytes extraData
    );
    event PublicDecryptionResponse(uint256 indexed decryptionId, bytes decryptedResult, bytes[] signatures, bytes extraData);
    event UserDecryptionResponse(
        uint256 indexed decryptionId,
        uint256 indexShare,
        bytes userDecryptedShare,
        bytes signature,
        bytes extraData
    );
    event UserDecryptionResponseThresholdReached(uint256 indexed decryptionId);

    bytes32 private constant PUBLIC_TYPEHASH =
        keccak256("PublicDecryptVerification(bytes32[] ctHandles,bytes decryptedResult,bytes extraData)");
    bytes32 private constant USER_TYPEHASH = keccak256(
        "UserDecryptResponseVerification(bytes publicKey,bytes32[] ctHandles,bytes userDecryptedShare,bytes extraData)"
    );
    /// User shares are all different and all count: they share one bucket of votes instead of one per digest.
    bytes32 private constant ONE_BUCKET = bytes32(0);

    mapping(uint256 decryptionId => bool) public isDecryptionDone;
    mapping(uint256 => mapping(address => bool)) private hasSigned;
    mapping(uint256 => mapping(bytes32 => bytes[])) private signatures;
    mapping(uint256 => mapping(bytes32 => address[])) private voters;
    mapping(uint256 => bytes32) private consensusBucket;

    constructor(IGatewayConfig config, ICiphertextCommits commits) DecryptionRequests(config, commits) KmsAnswers(config) {}

    function publicDecryptionResponse(
        uint256 decryptionId,
        bytes calldata decryptedResult,
        bytes calldata signature,
        bytes calldata extraData
    ) external onlyKmsTxSender {
        if (decryptionId <= PUBLIC_BASE || decryptionId > publicCounter) revert DecryptionNotRequested(decryptionId);
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    PUBLIC_TYPEHASH,
                    keccak256(abi.encodePacked(handlesOf[decryptionId])),
                    keccak256(decryptedResult),
                    keccak256(extraData)
                )
            )
        );
        _vote(decryptionId, digest, digest, signature);
        bytes[] storage collected = signatures[decryptionId][digest];
        collected.push(signature);
        emit PublicDecryptionResponseCall(decryptionId, decryptedResult, signature, msg.sender, extraData);
        if (!isDecryptionDone[decryptionId] && collected.length >= gatewayConfig.getPublicDecryptionThreshold()) {
            isDecryptionDone[decryptionId] = true;
            consensusBucket[decryptionId] = digest;
            emit PublicDecryptionResponse(decryptionId, decryptedResult, collected, extraData);
        }
    }

    function userDecryptionResponse(
        uint256 decryptionId,
        bytes calldata userDecryptedShare,
        bytes calldata signature,
        bytes calldata extraData
    ) external onlyKmsTxSender {
        if (decryptionId <= USER_BASE || decryptionId > userCounter) revert DecryptionNotRequested(decryptionId);
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    USER_TYPEHASH,
                    keccak256(publicKeyOf[decryptionId]),
                    keccak256(abi.encodePacked(handlesOf[decryptionId])),
                    keccak256(userDecryptedShare),
                    keccak256(extraData)
                )
            )
        );
        uint256 votes = _vote(decryptionId, digest, ONE_BUCKET, signature);
        signatures[decryptionId][ONE_BUCKET].push(signature);
        emit UserDecryptionResponse(decryptionId, votes - 1, userDecryptedShare, signature, extraData);
        if (!isDecryptionDone[decryptionId] && votes >= gatewayConfig.getUserDecryptionThreshold()) {
            isDecryptionDone[decryptionId] = true;
            emit UserDecryptionResponseThresholdReached(decryptionId);
        }
    }

    /// @notice Public decryption: empty until the consensus, late voters included afterwards. User decryption: filled from
    /// the first share on.
    function getDecryptionConsensusTxSenders(uint256 decryptionId) external view returns (address[] memory) {
        return voters[decryptionId][consensusBucket[decryptionId]];
    }

    function getVersion() external pure returns (string memory) {
        return "Decryption v0.3.0";
    }

    function _vote(uint256 id, bytes32 digest, bytes32 bucket, bytes calldata signature) private returns (uint256) {
        address signer = _recoverKmsSigner(digest, signature);
        if (hasSigned[id][signer]) revert KmsNodeAlreadySigned(id, signer);
        hasSigned[id][signer] = true;
        voters[id][bucket].push(msg.sender);
        return voters[id][bucket].length;
    }

    function _domainName() internal pure override returns (string memory) {
        return "Decryption";
    }
}
