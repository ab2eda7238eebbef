class Table:
    writes=False
    suffixes=()
    def sniff(self, head): return False
