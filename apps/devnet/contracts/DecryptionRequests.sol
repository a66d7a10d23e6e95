// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

import {Ecdsa} from "./Ecdsa.sol";
import {HandleRules} from "./HandleRules.sol";
import {ICiphertextCommits, SnsCiphertextMaterial} from "./ICiphertextCommits.sol";
import {IGatewayConfig} from "./IGatewayConfig.sol";
import {TypedDataDomain} from "./TypedDataDomain.sol";

struct CtHandleContractPair {
    bytes32 ctHandle;
    address contractAddress;
}

struct RequestValidity {
    uint256 startTimestamp;
    uint256 durationDays;
}

struct ContractsInfo {
    uint256 chainId;
    address[] addresses;
}

struct DelegationAccounts {
    address delegatorAddress;
    address delegateAddress;
}

/// @notice The request side of Decryption. Two things of the real contract are left out: the check against MultichainACL
/// (a connector must do its own check against the host chain, and tests need requests that only it refuses) and the fee.
abstract contract DecryptionRequests is TypedDataDomain {
    error EmptyCtHandles();
    error EmptyCtHandleContractPairs();
    error EmptyContractAddresses();
    error ContractAddressesMaxLengthExceeded(uint256 maxLength, uint256 actualLength);
    error InvalidNullDurationDays();
    error MaxDurationDaysExceeded(uint256 maxValue, uint256 actualValue);
    error StartTimestampInFuture(uint256 currentTimestamp, uint256 startTimestamp);
    error UserDecryptionRequestExpired(uint256 currentTimestamp, RequestValidity requestValidity);
    error UserAddressInContractAddresses(address userAddress, address[] contractAddresses);
    error DelegatorAddressInContractAddresses(address delegatorAddress, address[] contractAddresses);
    error ContractNotInContractAddresses(address contractAddress, address[] contractAddresses);
    error CtHandleChainIdDiffersFromContractChainId(bytes32 ctHandle, uint256 chainId, uint256 contractChainId);
    error HostChainNotRegistered(uint256 chainId);
    error InvalidUserSignature(bytes signature);
    error DifferentKeyIdsNotAllowed(SnsCiphertextMaterial firstSnsCtMaterial, SnsCiphertextMaterial invalidSnsCtMaterial);
    error EnforcedPause();
    error ExpectedPause();
    error NotPauserOrGatewayConfig(address notPauserOrGatewayConfig);
    error NotOwnerOrGatewayConfig(address notOwnerOrGatewayConfig);

    event PublicDecryptionRequest(uint256 indexed decryptionId, SnsCiphertextMaterial[] snsCtMaterials, bytes extraData);
    event UserDecryptionRequest(
        uint256 indexed decryptionId,
        SnsCiphertextMaterial[] snsCtMaterials,
        address userAddress,
        bytes publicKey,
        bytes extraData
    );
    event Paused(address account);
    event Unpaused(address account);

    uint256 private constant MAX_CONTRACTS = 10;
    uint256 private constant MAX_DAYS = 365;
    bytes32 private constant USER_TYPEHASH = keccak256(
        "UserDecryptRequestVerification(bytes publicKey,address[] contractAddresses,uint256 startTimestamp,uint256 durationDays,bytes extraData)"
    );
    bytes32 private constant DELEGATED_TYPEHASH = keccak256(
        "DelegatedUserDecryptRequestVerification(bytes publicKey,address[] contractAddresses,address delegatorAddress,uint256 startTimestamp,uint256 durationDays,bytes extraData)"
    );

    uint256 internal constant PUBLIC_BASE = 1 << 248;
    uint256 internal constant USER_BASE = 2 << 248;

    IGatewayConfig private immutable registry;
    ICiphertextCommits private immutable ciphertexts;
    bool public paused;
    uint256 internal publicCounter = PUBLIC_BASE;
    uint256 internal userCounter = USER_BASE;
    mapping(uint256 => bytes32[]) internal handlesOf;
    mapping(uint256 => bytes) internal publicKeyOf;

    constructor(IGatewayConfig config, ICiphertextCommits commits) {
        registry = config;
        ciphertexts = commits;
    }

    /// @notice Only requests stop: nodes still answer what was asked before.
    modifier whenNotPaused() {
        if (paused) revert EnforcedPause();
        _;
    }

    function pause() external whenNotPaused {
        if (!registry.isPauser(msg.sender) && msg.sender != address(registry)) revert NotPauserOrGatewayConfig(msg.sender);
        paused = true;
        emit Paused(msg.sender);
    }

    function unpause() external {
        if (!paused) revert ExpectedPause();
        if (msg.sender != registry.owner() && msg.sender != address(registry)) revert NotOwnerOrGatewayConfig(msg.sender);
        paused = false;
        emit Unpaused(msg.sender);
    }

    function publicDecryptionRequest(bytes32[] calldata ctHandles, bytes calldata extraData) external whenNotPaused {
        if (ctHandles.length == 0) revert EmptyCtHandles();
        uint256 bits = 0;
        for (uint256 i = 0; i < ctHandles.length; i++) bits += HandleRules.bitsOf(ctHandles[i]);
        HandleRules.checkTotal(bits);
        SnsCiphertextMaterial[] memory materials = _materials(ctHandles);
        uint256 id = ++publicCounter;
        handlesOf[id] = ctHandles;
        emit PublicDecryptionRequest(id, materials, extraData);
    }

    function userDecryptionRequest(
        CtHandleContractPair[] calldata ctHandleContractPairs,
        RequestValidity calldata requestValidity,
        ContractsInfo calldata contractsInfo,
        address userAddress,
        bytes calldata publicKey,
        bytes calldata signature,
        bytes calldata extraData
    ) external whenNotPaused {
        _checkFrame(contractsInfo, requestValidity);
        if (_contains(contractsInfo.addresses, userAddress)) {
            revert UserAddressInContractAddresses(userAddress, contractsInfo.addresses);
        }
        bytes32[] memory handles = _checkPairs(ctHandleContractPairs, contractsInfo);
        bytes32 structHash = keccak256(
            abi.encode(
                USER_TYPEHASH,
                keccak256(publicKey),
                keccak256(abi.encodePacked(contractsInfo.addresses)),
                requestValidity.startTimestamp,
                requestValidity.durationDays,
                keccak256(extraData)
            )
        );
        _checkSigned(structHash, contractsInfo.chainId, userAddress, signature);
        _requestForUser(handles, userAddress, publicKey, extraData);
    }

    /// @notice The delegate signs and receives the answer; the delegator owns the right to the ciphertexts.
    function delegatedUserDecryptionRequest(
        CtHandleContractPair[] calldata ctHandleContractPairs,
        RequestValidity calldata requestValidity,
        DelegationAccounts calldata delegationAccounts,
        ContractsInfo calldata contractsInfo,
        bytes calldata publicKey,
        bytes calldata signature,
        bytes calldata extraData
    ) external whenNotPaused {
        _checkFrame(contractsInfo, requestValidity);
        if (_contains(contractsInfo.addresses, delegationAccounts.delegatorAddress)) {
            revert DelegatorAddressInContractAddresses(delegationAccounts.delegatorAddress, contractsInfo.addresses);
        }
        bytes32[] memory handles = _checkPairs(ctHandleContractPairs, contractsInfo);
        bytes32 structHash = keccak256(
            abi.encode(
                DELEGATED_TYPEHASH,
                keccak256(publicKey),
                keccak256(abi.encodePacked(contractsInfo.addresses)),
                delegationAccounts.delegatorAddress,
                requestValidity.startTimestamp,
                requestValidity.durationDays,
                keccak256(extraData)
            )
        );
        _checkSigned(structHash, contractsInfo.chainId, delegationAccounts.delegateAddress, signature);
        _requestForUser(handles, delegationAccounts.delegateAddress, publicKey, extraData);
    }

    function _checkFrame(ContractsInfo calldata contracts, RequestValidity calldata validity) private view {
        if (!registry.isHostChainRegistered(contracts.chainId)) revert HostChainNotRegistered(contracts.chainId);
        uint256 count = contracts.addresses.length;
        if (count == 0) revert EmptyContractAddresses();
        if (count > MAX_CONTRACTS) revert ContractAddressesMaxLengthExceeded(MAX_CONTRACTS, count);
        if (validity.durationDays == 0) revert InvalidNullDurationDays();
        if (validity.durationDays > MAX_DAYS) revert MaxDurationDaysExceeded(MAX_DAYS, validity.durationDays);
        if (validity.startTimestamp > block.timestamp) {
            revert StartTimestampInFuture(block.timestamp, validity.startTimestamp);
        }
        if (validity.startTimestamp + validity.durationDays * 1 days < block.timestamp) {
            revert UserDecryptionRequestExpired(block.timestamp, validity);
        }
    }

    function _checkPairs(CtHandleContractPair[] calldata pairs, ContractsInfo calldata contracts)
        private
        pure
        returns (bytes32[] memory handles)
    {
        if (pairs.length == 0) revert EmptyCtHandleContractPairs();
        handles = new bytes32[](pairs.length);
        uint256 bits = 0;
        for (uint256 i = 0; i < pairs.length; i++) {
            bytes32 handle = pairs[i].ctHandle;
            bits += HandleRules.bitsOf(handle);
            uint256 chainId = HandleRules.chainIdOf(handle);
            if (chainId != contracts.chainId) {
                revert CtHandleChainIdDiffersFromContractChainId(handle, chainId, contracts.chainId);
            }
            if (!_contains(contracts.addresses, pairs[i].contractAddress)) {
                revert ContractNotInContractAddresses(pairs[i].contractAddress, contracts.addresses);
            }
            handles[i] = handle;
        }
        HandleRules.checkTotal(bits);
    }

    function _checkSigned(bytes32 structHash, uint256 chainId, address signer, bytes calldata signature) private view {
        if (Ecdsa.recover(_digestFor(chainId, structHash), signature) != signer) revert InvalidUserSignature(signature);
    }

    function _requestForUser(bytes32[] memory handles, address user, bytes calldata publicKey, bytes calldata extraData) private {
        SnsCiphertextMaterial[] memory materials = _materials(handles);
        uint256 id = ++userCounter;
        handlesOf[id] = handles;
        publicKeyOf[id] = publicKey;
        emit UserDecryptionRequest(id, materials, user, publicKey, extraData);
    }

    /// Reverts with CiphertextMaterialNotFound of CiphertextCommits for an unknown handle.
    function _materials(bytes32[] memory handles) private view returns (SnsCiphertextMaterial[] memory materials) {
        materials = ciphertexts.getSnsCiphertextMaterials(handles);
        for (uint256 i = 1; i < materials.length; i++) {
            if (materials[i].keyId != materials[0].keyId) revert DifferentKeyIdsNotAllowed(materials[0], materials[i]);
        }
    }

    function _contains(address[] calldata addresses, address wanted) private pure returns (bool) {
        for (uint256 i = 0; i < addresses.length; i++) {
            if (addresses[i] == wanted) return true;
        }
        return false;
    }
}
