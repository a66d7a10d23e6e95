// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

error InvalidFHEType(uint8 fheTypeUint8);
error UnsupportedFHEType(uint8 fheType);
error MaxDecryptionRequestBitSizeExceeded(uint256 maxBitSize, uint256 totalBitSize);

/// @notice What a handle says about its ciphertext: bytes 22-29 host chain id, byte 30 FHE type, byte 31 version.
library HandleRules {
    uint256 private constant MAX_BITS = 2048;
    uint8 private constant LAST_FHE_TYPE = 83;

    function chainIdOf(bytes32 handle) internal pure returns (uint256) {
        return uint64(uint256(handle) >> 16);
    }

    /// @notice Bits of the plaintext. Uint4 (1) and everything above Uint256 (8) exist as types but cannot be decrypted.
    function bitsOf(bytes32 handle) internal pure returns (uint256) {
        uint8 fheType = uint8(uint256(handle) >> 8);
        if (fheType > LAST_FHE_TYPE) revert InvalidFHEType(fheType);
        if (fheType == 0) return 2;
        if (fheType == 7) return 160;
        if (fheType == 8) return 256;
        if (fheType >= 2 && fheType <= 6) return uint256(1) << (fheType + 1);
        revert UnsupportedFHEType(fheType);
    }

    function checkTotal(uint256 bits) internal pure {
        if (bits > MAX_BITS) revert MaxDecryptionRequestBitSizeExceeded(MAX_BITS, bits);
    }
}
