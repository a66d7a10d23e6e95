// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

struct KmsNode {
    address txSenderAddress;
    address signerAddress;
    string ipAddress;
    string storageUrl;
}

struct Coprocessor {
    address txSenderAddress;
    address signerAddress;
    string s3BucketUrl;
}

struct HostChain {
    uint256 chainId;
    address fhevmExecutorAddress;
    address aclAddress;
    string name;
    string website;
}

struct Thresholds {
    uint256 mpcThreshold;
    uint256 publicDecryptionThreshold;
    uint256 userDecryptionThreshold;
    uint256 kmsGenThreshold;
    uint256 coprocessorThreshold;
}

/// @notice What the other contracts read from the registry, always live: a node that was rotated out loses its rights at
/// once, also for requests made before.
interface IGatewayConfig {
    function owner() external view returns (address);
    function isPauser(address account) external view returns (bool);
    function isKmsTxSender(address txSenderAddress) external view returns (bool);
    function isKmsSigner(address signerAddress) external view returns (bool);
    function isCoprocessorTxSender(address txSenderAddress) external view returns (bool);
    function isHostChainRegistered(uint256 chainId) external view returns (bool);
    function getKmsNode(address kmsTxSenderAddress) external view returns (KmsNode memory);
    function getPublicDecryptionThreshold() external view returns (uint256);
    function getUserDecryptionThreshold() external view returns (uint256);
    function getKmsGenThreshold() external view returns (uint256);
}
