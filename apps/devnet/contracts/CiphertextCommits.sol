// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

import {ICiphertextCommits, SnsCiphertextMaterial} from "./ICiphertextCommits.sol";
import {IGatewayConfig} from "./IGatewayConfig.sol";

/// @notice Stand-in for the list of committed ciphertexts (v0.11). In the real contract coprocessors vote one by one with
/// `addCiphertextMaterial`; here the outcome of that vote is registered in one step, by the owner or any coprocessor.
contract CiphertextCommits is ICiphertextCommits {
    error CiphertextMaterialNotFound(bytes32 ctHandle);
    error NotCoprocessorTxSender(address txSenderAddress);
    error EmptyCtHandles();

    IGatewayConfig private immutable gatewayConfig;
    mapping(bytes32 => SnsCiphertextMaterial) private materials;
    mapping(bytes32 ctHandle => bool) public isCiphertextMaterialAdded;

    constructor(IGatewayConfig config) {
        gatewayConfig = config;
    }

    /// @notice Registering a handle again replaces its material: a test can move a ciphertext to another bucket.
    function registerCiphertextMaterials(SnsCiphertextMaterial[] calldata added) external {
        if (msg.sender != gatewayConfig.owner() && !gatewayConfig.isCoprocessorTxSender(msg.sender)) {
            revert NotCoprocessorTxSender(msg.sender);
        }
        if (added.length == 0) revert EmptyCtHandles();
        for (uint256 i = 0; i < added.length; i++) {
            materials[added[i].ctHandle] = added[i];
            isCiphertextMaterialAdded[added[i].ctHandle] = true;
        }
    }

    function getSnsCiphertextMaterials(bytes32[] calldata ctHandles)
        external
        view
        returns (SnsCiphertextMaterial[] memory snsCtMaterials)
    {
        snsCtMaterials = new SnsCiphertextMaterial[](ctHandles.length);
        for (uint256 i = 0; i < ctHandles.length; i++) {
            if (!isCiphertextMaterialAdded[ctHandles[i]]) revert CiphertextMaterialNotFound(ctHandles[i]);
            snsCtMaterials[i] = materials[ctHandles[i]];
        }
    }

    function getVersion() external pure returns (string memory) {
        return "CiphertextCommits v0.3.0";
    }
}
