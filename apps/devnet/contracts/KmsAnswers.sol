// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

import {Ecdsa} from "./Ecdsa.sol";
import {IGatewayConfig} from "./IGatewayConfig.sol";

/// @notice Who may answer: the transaction must come from a registered node and carry the signature of the same node's KMS.
/// Only nodes may send, otherwise anybody could copy a signature out of a reorganised block and complete a consensus.
abstract contract KmsAnswers {
    error NotKmsTxSender(address txSenderAddress);
    error NotKmsSigner(address signerAddress);
    error KmsSignerDoesNotMatchTxSender(address signerAddress, address txSenderAddress);

    IGatewayConfig internal immutable gatewayConfig;

    constructor(IGatewayConfig config) {
        gatewayConfig = config;
    }

    modifier onlyKmsTxSender() {
        if (!gatewayConfig.isKmsTxSender(msg.sender)) revert NotKmsTxSender(msg.sender);
        _;
    }

    /// @notice Order matters to a sender that classifies errors: malformed, unknown signer, signer of another node.
    function _recoverKmsSigner(bytes32 digest, bytes calldata signature) internal view returns (address signer) {
        signer = Ecdsa.recover(digest, signature);
        if (!gatewayConfig.isKmsSigner(signer)) revert NotKmsSigner(signer);
        if (gatewayConfig.getKmsNode(msg.sender).signerAddress != signer) {
            revert KmsSignerDoesNotMatchTxSender(signer, msg.sender);
        }
    }
}
