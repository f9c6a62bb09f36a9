// Leaves out of a bundle what is never used of the PDF library: it says of none of its modules that they do nothing by
// themselves, and brings tables of the standard fonts along, which only drawing text needs.
const LIBRARY = /[/\\]@cantoo[/\\]pdf-lib[/\\]/;

export const lean = {
  name: "lean",
  setup(build) {
    build.onResolve({ filter: /./ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === lean || !(path === "@cantoo/pdf-lib" || LIBRARY.test(importer))) {
        return null;
      }
      const resolved = await build.resolve(path, { importer, resolveDir, kind, pluginData: lean });
      return { ...resolved, sideEffects: false };
    });
    build.onLoad({ filter: /\.compressed\.json$/ }, () => ({ contents: '""', loader: "json" }));
  },
};
