#ifndef WF_COMMON_WIRE_PAIR_WIRE_H_
#define WF_COMMON_WIRE_PAIR_WIRE_H_

#include "common/domain/fleet.h"
#include "common/domain/pair.h"
#include "common/wire/wire_checks.h"

namespace wattfleet::v1 {
class InstanceOffer;
class LeaseGrant;
class Pair;
class Seal;
}  // namespace wattfleet::v1

namespace wattfleet::wire {

// What an agent must know of a pair; parameters, release date and price stay with the coordinator.
void ToWire(const PairSpec& pair, v1::Pair& wire);
PairSpec FromWire(const v1::Pair& wire, Checks& checks);
void ToWire(const Seal& seal, v1::Seal& wire);
Seal FromWire(const v1::Seal& wire);
void ToWire(const InstanceOffer& offer, v1::InstanceOffer& wire);
InstanceOffer FromWire(const v1::InstanceOffer& wire, Checks& checks);
void ToWire(const LeaseGrant& grant, v1::LeaseGrant& wire);
LeaseGrant FromWire(const v1::LeaseGrant& wire, Checks& checks);

}  // namespace wattfleet::wire

#endif  // WF_COMMON_WIRE_PAIR_WIRE_H_
