// SPDX-License-Identifier: BSD-3-Clause-Clear
pragma solidity ^0.8.28;

/// @notice Calls another contract with data it is given, as account abstraction and multicalls do. A decryption request that comes
/// through here is emitted like any other, but the calldata of its transaction proves nothing about it.
contract Forwarder {
    function forward(address target, bytes calldata data) external {
        (bool success, bytes memory returned) = target.call(data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(returned, 32), mload(returned))
        }
    }
}
