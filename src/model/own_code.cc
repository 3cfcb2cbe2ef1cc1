#include "subint_doctor/model/own_code.h"

namespace subint_doctor {
namespace {

std::string_view after_last(std::string_view text, std::string_view mark) {
    const std::size_t at = text.rfind(mark);
    return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

}  // namespace

std::string_view path_in_packages(std::string_view file) {
    for (const std::string_view folder : {"/site-packages/", "/dist-packages/"}) {
        if (const std::string_view rest = after_last(file, folder); !rest.empty()) return rest;
    }
    return {};
}

std::string_view path_in_library(std::string_view file) {
    if (!path_in_packages(file).empty()) return {};
    std::string_view version = after_last(file, "/lib/python3.");
    if (version.empty()) version = after_last(file, "/lib64/python3.");
    const std::size_t slash = version.find('/');
    return slash == std::string_view::npos ? std::string_view() : version.substr(slash + 1);
}

bool is_standard_library(std::string_view file) {
    return file.starts_with("<frozen ") || !path_in_library(file).empty();
}

bool is_own_file(std::string_view file) {
    return !file.empty() && !file.starts_with('<') && path_in_packages(file).empty() && path_in_library(file).empty();
}

}  // namespace subint_doctor
