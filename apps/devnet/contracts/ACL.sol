// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

/// @notice Stand-in for the access control list of a host chain (v0.11): the three questions a connector asks, and the means to
/// change the answers. In the real contract only somebody who is allowed may allow others; here the owner decides, because no
/// confidential contract runs on this chain. A delegation is always given by the delegator itself.
contract ACL {
    error NotOwner(address sender);

    event Allowed(address indexed caller, address indexed account, bytes32 handle);
    event AllowedForDecryption(address indexed caller, bytes32[] handlesList);

    address public immutable owner;
    mapping(bytes32 handle => bool) public isAllowedForDecryption;
    mapping(bytes32 handle => mapping(address account => bool)) public isAllowed;
    /// delegator, delegate, contract: last second at which the delegation counts.
    mapping(address => mapping(address => mapping(address => uint64))) private expirationOf;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    constructor() {
        owner = msg.sender;
    }

    function allow(bytes32 handle, address account) external onlyOwner {
        _allow(handle, account);
    }

    /// @notice Not in the real contract: many at once, so that a devnet can prepare hundreds of requests in one transaction.
    function allowMany(bytes32[] calldata handles, address[] calldata accounts) external onlyOwner {
        for (uint256 i = 0; i < handles.length; i++) {
            for (uint256 j = 0; j < accounts.length; j++) _allow(handles[i], accounts[j]);
        }
    }

    function allowForDecryption(bytes32[] calldata handlesList) external onlyOwner {
        for (uint256 i = 0; i < handlesList.length; i++) isAllowedForDecryption[handlesList[i]] = true;
        emit AllowedForDecryption(msg.sender, handlesList);
    }

    /// @notice Not in the real contract, where nothing is ever taken back: lets a test deny what it allowed.
    function disallow(bytes32 handle, address account) external onlyOwner {
        isAllowed[handle][account] = false;
        isAllowedForDecryption[handle] = false;
    }

    function delegateForUserDecryption(address delegate, address contractAddress, uint64 expirationDate) external {
        expirationOf[msg.sender][delegate][contractAddress] = expirationDate;
    }

    function revokeDelegationForUserDecryption(address delegate, address contractAddress) external {
        expirationOf[msg.sender][delegate][contractAddress] = 0;
    }

    /// @notice True only if delegator and contract may both use the handle and the delegation has not expired.
    function isHandleDelegatedForUserDecryption(
        address delegator,
        address delegate,
        address contractAddress,
        bytes32 handle
    ) external view returns (bool) {
        return isAllowed[handle][delegator] && isAllowed[handle][contractAddress]
            && expirationOf[delegator][delegate][contractAddress] >= block.timestamp;
    }

    function _allow(bytes32 handle, address account) private {
        isAllowed[handle][account] = true;
        emit Allowed(msg.sender, account, handle);
    }
}
