#include "coordinator/math/equivalence.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/math/numeric_comparison.h"
#include "coordinator/math/units.h"

namespace wattfleet::coordinator {
namespace {

// Sets of sets would otherwise be compared without end.
constexpr int kMostComparisons = 5000;

bool HasPlusMinus(const Arena& arena, NodeIndex root) {
  return Contains(arena, root,
                  [](const Node& node) { return node.operation == Operation::kPlusMinus; });
}

bool HasInfinity(const Arena& arena, NodeIndex root) {
  return Contains(arena, root,
                  [](const Node& node) { return node.operation == Operation::kInfinity; });
}

bool HasSymbol(const Arena& arena, NodeIndex root) {
  return Contains(arena, root,
                  [](const Node& node) { return node.operation == Operation::kSymbol; });
}

bool IsAllEqualities(const MathValue& value) {
  return value.kind == ValueKind::kRelation &&
         std::all_of(value.relations.begin(), value.relations.end(),
                     [](const std::string& relation) { return relation == "="; });
}

// The value in the form in which it is compared: \pm written out, lists of one opened, the empty
// set a list of none, "x \in S" as S.
MathValue Canonical(const Arena& arena, MathValue value) {
  if (value.kind == ValueKind::kExpression) {
    const Node& root = arena.at(value.root);
    if (root.operation == Operation::kSymbol && root.name == "emptyset") {
      return {.kind = ValueKind::kList};
    }
    if (value.is_branch || !HasPlusMinus(arena, value.root)) {
      return value;
    }
    value.is_branch = true;
    MathValue both{.kind = ValueKind::kList, .parts = {value, value}};
    both.parts.back().plus = false;
    return both;
  }
  if (value.kind == ValueKind::kRelation && value.relations.size() == 1 &&
      value.relations.front() == "in") {
    return Canonical(arena, std::move(value.parts.back()));
  }
  if (value.kind != ValueKind::kList) {
    return value;
  }
  MathValue list{.kind = ValueKind::kList};
  for (MathValue& part : value.parts) {
    const bool is_set = part.kind == ValueKind::kList;
    const bool answers = IsAllEqualities(part) && value.parts.size() > 1;
    MathValue canonical =
        Canonical(arena, answers ? MathValue(part.parts.back()) : std::move(part));
    if (canonical.kind == ValueKind::kList && !is_set) {  // the two of a \pm
      list.parts.insert(list.parts.end(), canonical.parts.begin(), canonical.parts.end());
    } else {
      list.parts.push_back(std::move(canonical));
    }
  }
  return list.parts.size() == 1 ? MathValue(list.parts.front()) : list;
}

MathValue InfiniteEnd(Arena& arena, bool negative) {
  Node infinity;
  infinity.operation = Operation::kInfinity;
  NodeIndex root = arena.Append(std::move(infinity));
  if (negative) {
    Node sign;
    sign.operation = Operation::kNegate;
    sign.a = root;
    root = arena.Append(std::move(sign));
  }
  return {.kind = ValueKind::kExpression, .root = root};
}

bool IsVariable(const Arena& arena, const MathValue& value) {
  return value.kind == ValueKind::kExpression &&
         arena.at(value.root).operation == Operation::kSymbol;
}

// "x", "f(x)", "2 + 3": a side of an equation whose other side is the answer.
bool IsNameOrNumber(const Arena& arena, const MathValue& value) {
  if (value.kind != ValueKind::kExpression) {
    return value.kind == ValueKind::kTuple;  // (x, y) = (1, 2)
  }
  const Node& root = arena.at(value.root);
  const auto is_symbol = [&](NodeIndex index) {
    return arena.at(index).operation == Operation::kSymbol;
  };
  return is_symbol(value.root) || !HasSymbol(arena, value.root) ||
         (root.operation == Operation::kMultiply && is_symbol(root.a) && is_symbol(root.b) &&
          std::string_view("fghpqFGHPQ").find(arena.at(root.a).name) != std::string_view::npos);
}

// The interval that an inequality between a symbol and numbers means: "x > 3", "1 \le x < 2".
std::optional<MathValue> AsInterval(Arena& arena, const MathValue& value) {
  if (value.kind != ValueKind::kRelation || value.parts.size() > 3) {
    return std::nullopt;
  }
  const std::size_t middle = IsVariable(arena, value.parts[0]) ? 0 : 1;
  if (!IsVariable(arena, value.parts[middle]) || (middle == 0 && value.parts.size() == 3)) {
    return std::nullopt;
  }
  MathValue interval{.kind = ValueKind::kTuple, .text = "()"};
  interval.parts = {InfiniteEnd(arena, true), InfiniteEnd(arena, false)};
  for (std::size_t i = 0; i < value.relations.size(); ++i) {
    const std::string& relation = value.relations[i];
    const bool less = relation == "<" || relation == "<=";
    if (!less && relation != ">" && relation != ">=") {
      return std::nullopt;
    }
    const MathValue& end = value.parts[i == middle ? i + 1 : i];
    if (end.kind != ValueKind::kExpression || HasSymbol(arena, end.root)) {
      return std::nullopt;
    }
    // The number stands above the symbol in "x < 3" and in "3 > x".
    const std::size_t side = less == (i == middle) ? 1 : 0;
    interval.parts[side] = end;
    if (relation.size() == 2) {
      interval.text[side] = side == 0 ? '[' : ']';
    }
  }
  return interval;
}

class Comparison {
 public:
  Comparison(const MathAnswer& a, const MathAnswer& b) : a_(a.arena), b_(b.arena) {}

  bool Same(MathValue a, MathValue b) {
    if (++comparisons_ > kMostComparisons) {
      return false;
    }
    a = Canonical(a_, std::move(a));
    b = Canonical(b_, std::move(b));
    if (a.kind == ValueKind::kRelation && b.kind == ValueKind::kRelation) {
      return SameRelation(a, b);
    }
    if (a.kind == ValueKind::kRelation) {
      return Opens(a_, a, [&](MathValue opened) { return Same(std::move(opened), b); });
    }
    if (b.kind == ValueKind::kRelation) {
      return Opens(b_, b, [&](MathValue opened) { return Same(a, std::move(opened)); });
    }
    return a.kind == b.kind && SameOfAKind(a, b);
  }

 private:
  // What a relation says beside a value that is none: what is named or computed, or its interval.
  template <typename Compare>
  static bool Opens(Arena& arena, const MathValue& relation, const Compare& compare) {
    if (IsAllEqualities(relation)) {
      const bool turned = relation.parts.size() == 2 && IsVariable(arena, relation.parts.back());
      const MathValue& name = turned ? relation.parts.back() : relation.parts.front();
      const MathValue& answer = turned ? relation.parts.front() : relation.parts.back();
      return IsNameOrNumber(arena, name) && compare(answer);
    }
    std::optional<MathValue> interval = AsInterval(arena, relation);
    return interval && compare(*std::move(interval));
  }

  bool SameOfAKind(const MathValue& a, const MathValue& b) {
    switch (a.kind) {
      case ValueKind::kExpression:
        return SameExpression(a, b);
      case ValueKind::kText:
        return a.text == b.text;
      case ValueKind::kList:
      case ValueKind::kUnion:
        return CoveredBy(a, b) && CoveredBy(b, a, true);
      case ValueKind::kTuple:
        return a.text == b.text && SameInOrder(a, b);
      case ValueKind::kMatrix:
        return a.columns == b.columns && SameInOrder(a, b);
      case ValueKind::kRelation:
        break;
    }
    return false;
  }

  bool SameInOrder(const MathValue& a, const MathValue& b) {
    if (a.parts.size() != b.parts.size()) {
      return false;
    }
    for (std::size_t i = 0; i < a.parts.size(); ++i) {
      if (!Same(a.parts[i], b.parts[i])) {
        return false;
      }
    }
    return true;
  }

  // Whether each part of `inner` is among those of `outer`; `swapped` when `inner` is b's.
  bool CoveredBy(const MathValue& inner, const MathValue& outer, bool swapped = false) {
    return std::all_of(inner.parts.begin(), inner.parts.end(), [&](const MathValue& part) {
      return std::any_of(outer.parts.begin(), outer.parts.end(), [&](const MathValue& other) {
        return swapped ? Same(other, part) : Same(part, other);
      });
    });
  }

  bool SameRelation(const MathValue& a, const MathValue& b) {
    const bool equations = IsAllEqualities(a) && IsAllEqualities(b);
    if (equations && a.parts.size() == 2 && b.parts.size() == 2) {
      const std::optional<NodeIndex> one = Difference(a_, a);
      const std::optional<NodeIndex> other = Difference(b_, b);
      return one && other ? Proportional({a_, *one}, {b_, *other}) : SameInOrder(a, b);
    }
    if (equations) {
      return Same(a.parts.back(), b.parts.back());
    }
    const std::optional<MathValue> one = AsInterval(a_, a);
    const std::optional<MathValue> other = AsInterval(b_, b);
    if (one && other) {
      return Variable(a_, a) == Variable(b_, b) && SameOfAKind(*one, *other);
    }
    return (a.relations == b.relations && SameInOrder(a, b)) || SameTurned(a, b);
  }

  static std::string Variable(const Arena& arena, const MathValue& relation) {
    const bool first = IsVariable(arena, relation.parts[0]);
    return arena.at(relation.parts[first ? 0 : 1].root).name;
  }

  // "a < b" against "b > a".
  bool SameTurned(const MathValue& a, MathValue b) {
    std::reverse(b.parts.begin(), b.parts.end());
    std::reverse(b.relations.begin(), b.relations.end());
    for (std::string& relation : b.relations) {
      relation[0] = relation[0] == '<' ? '>' : relation[0] == '>' ? '<' : relation[0];
    }
    return a.relations == b.relations && SameInOrder(a, b);
  }

  // Left minus right of an equation between expressions.
  static std::optional<NodeIndex> Difference(Arena& arena, const MathValue& equation) {
    for (const MathValue& side : equation.parts) {
      if (side.kind != ValueKind::kExpression || HasPlusMinus(arena, side.root)) {
        return std::nullopt;
      }
    }
    Node negative;
    negative.operation = Operation::kNegate;
    negative.a = equation.parts[1].root;
    Node difference;
    difference.operation = Operation::kAdd;
    difference.a = equation.parts[0].root;
    difference.b = arena.Append(std::move(negative));
    return arena.Append(std::move(difference));
  }

  bool SameExpression(const MathValue& a, const MathValue& b) {
    if (!UnitsAgree(a.unit, b.unit)) {
      return false;
    }
    if (HasInfinity(a_, a.root) || HasInfinity(b_, b.root)) {
      return InfiniteSign(a_, a) != 0 && InfiniteSign(a_, a) == InfiniteSign(b_, b);
    }
    if (const std::optional<bool> same = SameBased(a, b)) {
      return *same;
    }
    const PlacedExpression one{a_, a.root, a.plus};
    const PlacedExpression other{b_, b.root, b.plus};
    if (SameFunction(one, other, Rational{1, 1})) {
      return true;
    }
    if (a.is_percent == b.is_percent) {
      return false;
    }
    return a.is_percent ? SameFunction(one, other, Rational{100, 1})
                        : SameFunction(other, one, Rational{100, 1});
  }

  static int InfiniteSign(const Arena& arena, const MathValue& value) {
    const Node& root = arena.at(value.root);
    if (root.operation == Operation::kInfinity) {
      return 1;
    }
    return root.operation == Operation::kNegate &&
                   arena.at(root.a).operation == Operation::kInfinity
               ? -1
               : 0;
  }

  // Numerals with a base are compared by their digits; the base may be missing on one side.
  std::optional<bool> SameBased(const MathValue& a, const MathValue& b) const {
    const Node& one = a_.at(a.root);
    const Node& other = b_.at(b.root);
    if (one.operation != Operation::kBased && other.operation != Operation::kBased) {
      return std::nullopt;
    }
    if (one.operation == other.operation) {
      return one.name == other.name;
    }
    const Node& based = one.operation == Operation::kBased ? one : other;
    const Node& bare = one.operation == Operation::kBased ? other : one;
    return bare.operation == Operation::kNumber && bare.exact &&
           bare.exact == ParseRational(based.name.substr(0, based.name.find('_')));
  }

  Arena a_;
  Arena b_;
  int comparisons_ = 0;
};

}  // namespace

bool Equivalent(const MathAnswer& a, const MathAnswer& b) {
  return a.spelling == b.spelling || Comparison(a, b).Same(a.value, b.value);
}

}  // namespace wattfleet::coordinator
