// Linked with one whole library and its declared dependencies: see chengshu_library().
int main() {
    return 0;
}
