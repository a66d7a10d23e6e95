// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

error ECDSAInvalidSignatureLength(uint256 length);
error ECDSAInvalidSignatureS(bytes32 s);
error ECDSAInvalidSignature();

/// @notice Recovers the signer of a digest and refuses every malformed signature by its own error, so that a sender can
/// tell "these bytes are no signature" from "somebody else signed".
library Ecdsa {
    /// Half of the curve order: above it a second valid signature for the same message would exist.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    function recover(bytes32 digest, bytes memory signature) internal pure returns (address signer) {
        if (signature.length != 65) revert ECDSAInvalidSignatureLength(signature.length);
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
        if (uint256(s) > HALF_ORDER) revert ECDSAInvalidSignatureS(s);
        // The precompile answers zero for v other than 27 or 28.
        signer = ecrecover(digest, v, r, s);
        if (signer == address(0)) revert ECDSAInvalidSignature();
    }
}
