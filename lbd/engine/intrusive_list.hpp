// A doubly linked list whose links live in the elements: no allocation, O(1) unlink by element.
#pragma once

#include "common/base/assert.hpp"

namespace tandem::lbd {

/// The links. An element that is destroyed while linked unlinks itself.
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  [[nodiscard]] bool linked() const noexcept { return next_ != this; }
  /// Does nothing if it is in no list.
  void unlink() noexcept {
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = this;
  }

 private:
  template <class T, class Tag>
  friend class IntrusiveList;
  ListHook* next_ = this;
  ListHook* previous_ = this;
};

/// A hook that tells several lists of one element apart.
template <class Tag>
class TaggedHook : public ListHook {};

/// T derives from TaggedHook<Tag>. The list owns nothing; elements left at its end are unlinked.
template <class T, class Tag>
class IntrusiveList {
 public:
  IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() { while (!empty()) head_.next_->unlink(); }

  [[nodiscard]] bool empty() const noexcept { return !head_.linked(); }
  [[nodiscard]] T& front() noexcept { return element(head_.next_); }
  [[nodiscard]] T& back() noexcept { return element(head_.previous_); }

  /// The element must be in no list.
  void push_back(T& item) noexcept { insert(hook(item), head_.previous_, &head_); }
  void push_front(T& item) noexcept { insert(hook(item), &head_, head_.next_); }

  /// Moves everything of `other` to the end of this list.
  void splice(IntrusiveList& other) noexcept {
    if (other.empty()) return;
    ListHook* const first = other.head_.next_;
    ListHook* const last = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

  /// Calls visit(T&) on every element; the visited element may unlink or destroy itself, and no other.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListHook* at = head_.next_; at != &head_;) {
      ListHook* const next = at->next_;
      visit(element(at));
      at = next;
    }
  }

 private:
  static ListHook* hook(T& item) noexcept { return static_cast<TaggedHook<Tag>*>(&item); }
  static T& element(ListHook* at) noexcept {
    return static_cast<T&>(static_cast<TaggedHook<Tag>&>(*at));
  }
  static void insert(ListHook* item, ListHook* before, ListHook* after) noexcept {
    TANDEM_ASSERT(!item->linked());
    item->previous_ = before;
    item->next_ = after;
    before->next_ = item;
    after->previous_ = item;
  }

  ListHook head_;
};

}  // namespace tandem::lbd
