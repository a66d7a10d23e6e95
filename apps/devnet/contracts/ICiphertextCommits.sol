// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

/// The digest is the keccak256 of the stored ciphertext and its object key; the addresses are the coprocessors whose buckets hold it.
struct SnsCiphertextMaterial {
    bytes32 ctHandle;
    uint256 keyId;
    bytes32 snsCiphertextDigest;
    address[] coprocessorTxSenderAddresses;
}

interface ICiphertextCommits {
    function getSnsCiphertextMaterials(bytes32[] calldata ctHandles)
        external
        view
        returns (SnsCiphertextMaterial[] memory snsCtMaterials);
}
