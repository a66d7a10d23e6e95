// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

import {Coprocessor, HostChain, IGatewayConfig, KmsNode, Thresholds} from "./IGatewayConfig.sol";

interface IPausable {
    function pause() external;
    function unpause() external;
}

/// @notice Stand-in for the registry of the Gateway (v0.11): who is a KMS node, who is a coprocessor, which host chains
/// exist and how many nodes make a consensus. Custodians, protocol metadata, the separate pauser set and two-step ownership
/// are left out: nothing a connector does depends on them. The owner is also the pauser.
contract GatewayConfig is IGatewayConfig {
    error OwnableUnauthorizedAccount(address account);
    error NotPauser(address account);
    error EmptyKmsNodes();
    error EmptyCoprocessors();
    error KmsTxSenderAlreadyRegistered(address kmsTxSenderAddress);
    error KmsSignerAlreadyRegistered(address kmsSignerAddress);
    error CoprocessorTxSenderAlreadyRegistered(address coprocessorTxSenderAddress);
    error CoprocessorSignerAlreadyRegistered(address coprocessorSignerAddress);
    error InvalidHighMpcThreshold(uint256 mpcThreshold, uint256 nKmsNodes);
    error InvalidNullPublicDecryptionThreshold();
    error InvalidHighPublicDecryptionThreshold(uint256 publicDecryptionThreshold, uint256 nKmsNodes);
    error InvalidNullUserDecryptionThreshold();
    error InvalidHighUserDecryptionThreshold(uint256 userDecryptionThreshold, uint256 nKmsNodes);
    error InvalidNullKmsGenThreshold();
    error InvalidHighKmsGenThreshold(uint256 kmsGenThreshold, uint256 nKmsNodes);
    error InvalidNullCoprocessorThreshold();
    error InvalidHighCoprocessorThreshold(uint256 coprocessorThreshold, uint256 nCoprocessors);
    error InvalidNullChainId();
    error ChainIdNotUint64(uint256 chainId);
    error HostChainAlreadyRegistered(uint256 chainId);

    event UpdateKmsNodes(
        KmsNode[] newKmsNodes,
        uint256 newMpcThreshold,
        uint256 newPublicDecryptionThreshold,
        uint256 newUserDecryptionThreshold,
        uint256 newKmsGenThreshold
    );
    event UpdateCoprocessors(Coprocessor[] newCoprocessors, uint256 newCoprocessorThreshold);
    event UpdateMpcThreshold(uint256 newMpcThreshold);
    event UpdatePublicDecryptionThreshold(uint256 newPublicDecryptionThreshold);
    event UpdateUserDecryptionThreshold(uint256 newUserDecryptionThreshold);
    event UpdateKmsGenThreshold(uint256 newKmsGenThreshold);
    event UpdateCoprocessorThreshold(uint256 newCoprocessorThreshold);
    event AddHostChain(HostChain hostChain);
    event PauseAllGatewayContracts();
    event UnpauseAllGatewayContracts();

    address public immutable owner;
    Thresholds private thresholds;
    address[] private kmsTxSenders;
    address[] private kmsSigners;
    mapping(address => KmsNode) private kmsNodes;
    mapping(address txSenderAddress => bool) public isKmsTxSender;
    mapping(address signerAddress => bool) public isKmsSigner;
    address[] private coprocessorTxSenders;
    address[] private coprocessorSigners;
    mapping(address => Coprocessor) private coprocessors;
    mapping(address txSenderAddress => bool) public isCoprocessorTxSender;
    mapping(address signerAddress => bool) public isCoprocessorSigner;
    HostChain[] private hostChains;
    mapping(uint256 chainId => bool) public isHostChainRegistered;
    IPausable private pausable;

    modifier onlyOwner() {
        if (msg.sender != owner) revert OwnableUnauthorizedAccount(msg.sender);
        _;
    }

    modifier onlyPauser() {
        if (!isPauser(msg.sender)) revert NotPauser(msg.sender);
        _;
    }

    constructor(Thresholds memory initial, KmsNode[] memory nodes, Coprocessor[] memory initialCoprocessors) {
        owner = msg.sender;
        _replaceKmsNodes(nodes);
        _replaceCoprocessors(initialCoprocessors);
        _setMpc(initial.mpcThreshold);
        _setPublicDecryption(initial.publicDecryptionThreshold);
        _setUserDecryption(initial.userDecryptionThreshold);
        _setKmsGen(initial.kmsGenThreshold);
        _setCoprocessor(initial.coprocessorThreshold);
    }

    /// @notice Not in the real contract, where the address is a constant of the build: the contract to pause.
    function setPausable(IPausable decryption) external onlyOwner {
        pausable = decryption;
    }

    function pauseAllGatewayContracts() external onlyPauser {
        pausable.pause();
        emit PauseAllGatewayContracts();
    }

    function unpauseAllGatewayContracts() external onlyOwner {
        pausable.unpause();
        emit UnpauseAllGatewayContracts();
    }

    /// @notice Replaces the whole set of nodes; thresholds are checked against the new set.
    function updateKmsNodes(
        KmsNode[] memory newKmsNodes,
        uint256 newMpcThreshold,
        uint256 newPublicDecryptionThreshold,
        uint256 newUserDecryptionThreshold,
        uint256 newKmsGenThreshold
    ) external onlyOwner {
        _replaceKmsNodes(newKmsNodes);
        _setMpc(newMpcThreshold);
        _setPublicDecryption(newPublicDecryptionThreshold);
        _setUserDecryption(newUserDecryptionThreshold);
        _setKmsGen(newKmsGenThreshold);
        emit UpdateKmsNodes(
            newKmsNodes, newMpcThreshold, newPublicDecryptionThreshold, newUserDecryptionThreshold, newKmsGenThreshold
        );
    }

    function updateCoprocessors(Coprocessor[] memory newCoprocessors, uint256 newCoprocessorThreshold) external onlyOwner {
        _replaceCoprocessors(newCoprocessors);
        _setCoprocessor(newCoprocessorThreshold);
        emit UpdateCoprocessors(newCoprocessors, newCoprocessorThreshold);
    }

    function updateMpcThreshold(uint256 newMpcThreshold) external onlyOwner {
        _setMpc(newMpcThreshold);
        emit UpdateMpcThreshold(newMpcThreshold);
    }

    function updatePublicDecryptionThreshold(uint256 newPublicDecryptionThreshold) external onlyOwner {
        _setPublicDecryption(newPublicDecryptionThreshold);
        emit UpdatePublicDecryptionThreshold(newPublicDecryptionThreshold);
    }

    function updateUserDecryptionThreshold(uint256 newUserDecryptionThreshold) external onlyOwner {
        _setUserDecryption(newUserDecryptionThreshold);
        emit UpdateUserDecryptionThreshold(newUserDecryptionThreshold);
    }

    function updateKmsGenThreshold(uint256 newKmsGenThreshold) external onlyOwner {
        _setKmsGen(newKmsGenThreshold);
        emit UpdateKmsGenThreshold(newKmsGenThreshold);
    }

    function updateCoprocessorThreshold(uint256 newCoprocessorThreshold) external onlyOwner {
        _setCoprocessor(newCoprocessorThreshold);
        emit UpdateCoprocessorThreshold(newCoprocessorThreshold);
    }

    function addHostChain(HostChain calldata hostChain) external onlyOwner {
        uint256 chainId = hostChain.chainId;
        if (chainId == 0) revert InvalidNullChainId();
        // A handle has 8 bytes for the chain id.
        if (chainId > type(uint64).max) revert ChainIdNotUint64(chainId);
        if (isHostChainRegistered[chainId]) revert HostChainAlreadyRegistered(chainId);
        isHostChainRegistered[chainId] = true;
        hostChains.push(hostChain);
        emit AddHostChain(hostChain);
    }

    function isPauser(address account) public view returns (bool) {
        return account == owner;
    }

    /// @notice A zeroed node for an unknown address, no revert.
    function getKmsNode(address kmsTxSenderAddress) external view returns (KmsNode memory) {
        return kmsNodes[kmsTxSenderAddress];
    }

    /// @notice A zeroed coprocessor (empty bucket URL) for an unknown address, no revert.
    function getCoprocessor(address coprocessorTxSenderAddress) external view returns (Coprocessor memory) {
        return coprocessors[coprocessorTxSenderAddress];
    }

    function getKmsTxSenders() external view returns (address[] memory) {
        return kmsTxSenders;
    }

    function getKmsSigners() external view returns (address[] memory) {
        return kmsSigners;
    }

    function getCoprocessorTxSenders() external view returns (address[] memory) {
        return coprocessorTxSenders;
    }

    function getCoprocessorSigners() external view returns (address[] memory) {
        return coprocessorSigners;
    }

    function getMpcThreshold() external view returns (uint256) {
        return thresholds.mpcThreshold;
    }

    function getPublicDecryptionThreshold() external view returns (uint256) {
        return thresholds.publicDecryptionThreshold;
    }

    function getUserDecryptionThreshold() external view returns (uint256) {
        return thresholds.userDecryptionThreshold;
    }

    function getKmsGenThreshold() external view returns (uint256) {
        return thresholds.kmsGenThreshold;
    }

    function getCoprocessorMajorityThreshold() external view returns (uint256) {
        return thresholds.coprocessorThreshold;
    }

    function getHostChain(uint256 index) external view returns (HostChain memory) {
        return hostChains[index];
    }

    function getHostChains() external view returns (HostChain[] memory) {
        return hostChains;
    }

    function getVersion() external pure returns (string memory) {
        return "GatewayConfig v0.4.0";
    }

    function _replaceKmsNodes(KmsNode[] memory nodes) private {
        if (nodes.length == 0) revert EmptyKmsNodes();
        for (uint256 i = 0; i < kmsTxSenders.length; i++) {
            delete kmsNodes[kmsTxSenders[i]];
            delete isKmsTxSender[kmsTxSenders[i]];
            delete isKmsSigner[kmsSigners[i]];
        }
        delete kmsTxSenders;
        delete kmsSigners;
        for (uint256 i = 0; i < nodes.length; i++) {
            (address txSender, address signer) = (nodes[i].txSenderAddress, nodes[i].signerAddress);
            if (isKmsTxSender[txSender]) revert KmsTxSenderAlreadyRegistered(txSender);
            if (isKmsSigner[signer]) revert KmsSignerAlreadyRegistered(signer);
            kmsNodes[txSender] = nodes[i];
            isKmsTxSender[txSender] = true;
            isKmsSigner[signer] = true;
            kmsTxSenders.push(txSender);
            kmsSigners.push(signer);
        }
    }

    function _replaceCoprocessors(Coprocessor[] memory added) private {
        if (added.length == 0) revert EmptyCoprocessors();
        for (uint256 i = 0; i < coprocessorTxSenders.length; i++) {
            delete coprocessors[coprocessorTxSenders[i]];
            delete isCoprocessorTxSender[coprocessorTxSenders[i]];
            delete isCoprocessorSigner[coprocessorSigners[i]];
        }
        delete coprocessorTxSenders;
        delete coprocessorSigners;
        for (uint256 i = 0; i < added.length; i++) {
            (address txSender, address signer) = (added[i].txSenderAddress, added[i].signerAddress);
            if (isCoprocessorTxSender[txSender]) revert CoprocessorTxSenderAlreadyRegistered(txSender);
            if (isCoprocessorSigner[signer]) revert CoprocessorSignerAlreadyRegistered(signer);
            coprocessors[txSender] = added[i];
            isCoprocessorTxSender[txSender] = true;
            isCoprocessorSigner[signer] = true;
            coprocessorTxSenders.push(txSender);
            coprocessorSigners.push(signer);
        }
    }

    /// Below the number of nodes: at least one node must be honest. A single node therefore has 0.
    function _setMpc(uint256 value) private {
        if (value >= kmsTxSenders.length) revert InvalidHighMpcThreshold(value, kmsTxSenders.length);
        thresholds.mpcThreshold = value;
    }

    function _setPublicDecryption(uint256 value) private {
        if (value == 0) revert InvalidNullPublicDecryptionThreshold();
        if (value > kmsTxSenders.length) revert InvalidHighPublicDecryptionThreshold(value, kmsTxSenders.length);
        thresholds.publicDecryptionThreshold = value;
    }

    function _setUserDecryption(uint256 value) private {
        if (value == 0) revert InvalidNullUserDecryptionThreshold();
        if (value > kmsTxSenders.length) revert InvalidHighUserDecryptionThreshold(value, kmsTxSenders.length);
        thresholds.userDecryptionThreshold = value;
    }

    function _setKmsGen(uint256 value) private {
        if (value == 0) revert InvalidNullKmsGenThreshold();
        if (value > kmsTxSenders.length) revert InvalidHighKmsGenThreshold(value, kmsTxSenders.length);
        thresholds.kmsGenThreshold = value;
    }

    function _setCoprocessor(uint256 value) private {
        if (value == 0) revert InvalidNullCoprocessorThreshold();
        if (value > coprocessorTxSenders.length) revert InvalidHighCoprocessorThreshold(value, coprocessorTxSenders.length);
        thresholds.coprocessorThreshold = value;
    }
}
