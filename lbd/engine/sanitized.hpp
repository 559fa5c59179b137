// Whether this build is made with a sanitizer, which has to see every allocation and every buffer
// that the kernel fills.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TANDEM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TANDEM_SANITIZED 1
#endif
#endif
#ifndef TANDEM_SANITIZED
#define TANDEM_SANITIZED 0
#endif
