// The nodes of a project, in order, each in a place of its own: a node is large, and stays where it was parsed.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "project/node.h"

namespace weir::project {

class NodeList {
  template <bool is_const>
  class Iterator {
    using Place = std::conditional_t<is_const, const std::shared_ptr<Node>*, std::shared_ptr<Node>*>;

   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Node;
    using difference_type = std::ptrdiff_t;
    using reference = std::conditional_t<is_const, const Node&, Node&>;
    using pointer = std::remove_reference_t<reference>*;
    Iterator() = default;
    explicit Iterator(Place place) : place_(place) {}
    reference operator*() const { return **place_; }
    pointer operator->() const { return place_->get(); }
    Iterator& operator++() {
      ++place_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(place_++); }
    bool operator==(const Iterator& other) const = default;

   private:
    Place place_ = nullptr;
  };

 public:
  NodeList() = default;
  NodeList(NodeList&&) = default;
  NodeList& operator=(NodeList&&) = default;
  NodeList(const NodeList&) = delete;
  NodeList& operator=(const NodeList&) = delete;

  size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }
  void reserve(size_t count) { places_.reserve(count); }
  void push_back(std::shared_ptr<Node> node) { places_.push_back(std::move(node)); }
  Node& operator[](size_t index) { return *places_[index]; }
  const Node& operator[](size_t index) const { return *places_[index]; }
  const Node& at(size_t index) const { return *places_.at(index); }
  const Node& front() const { return *places_.front(); }
  Iterator<false> begin() { return Iterator<false>(places_.data()); }
  Iterator<false> end() { return Iterator<false>(places_.data() + places_.size()); }
  Iterator<true> begin() const { return Iterator<true>(places_.data()); }
  Iterator<true> end() const { return Iterator<true>(places_.data() + places_.size()); }

 private:
  std::vector<std::shared_ptr<Node>> places_;
};

}  // namespace weir::project
