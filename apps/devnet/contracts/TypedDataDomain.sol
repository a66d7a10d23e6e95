// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

/// @notice EIP-712 domain {name, version "1", chainId, verifyingContract} of one contract, readable through EIP-5267.
abstract contract TypedDataDomain {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function _domainName() internal pure virtual returns (string memory);

    /// @notice EIP-5267; fields 0x0f = name, version, chainId and verifyingContract are used.
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex"0f", _domainName(), "1", block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// @notice Digest of an answer of the KMS: signed for the Gateway chain.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return _digestFor(block.chainid, structHash);
    }

    /// @notice Digest for another chain: users sign requests for the host chain of their contracts.
    function _digestFor(uint256 chainId, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(_domainName())), keccak256("1"), chainId, address(this))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
